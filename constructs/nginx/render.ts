import type { PageConfig } from "../../assets/nginx/phone/logic/page-config";
import { hostPort } from "../../config";
import { RELEASE_PLACEHOLDER } from "../service/release";
import { Secrets } from "../service/secrets";
import { callControlLimits, callControlLocations } from "./call-control";
import { renderPhonePage } from "./phone-page";
import { statusFiles, statusLimit, statusLocations } from "./status";

export interface NginxFilesProps {
  /** Address that both listeners bind. */
  readonly address: string;
  /** Port of TLS. */
  readonly port: number;
  /** Port of plain HTTP, which redirects to TLS. */
  readonly httpPort: number;
  /** Seconds for which connections that are open keep their worker after a reload. */
  readonly drainSeconds: number;
  /** Where /ws goes: Asterisk's HTTP server or sip-proxy, as host and port. */
  readonly upstream: { readonly host: string; readonly port: number };
  /** What the phone page is told (assets/nginx/phone/logic/page-config.ts). */
  readonly phone: PageConfig;
  /** Where /status/ goes: registration-monitor, as host and port. */
  readonly monitor: { readonly host: string; readonly port: number };
  /** Where /api/ and /calls/ go: call-control, as host and port. @default nowhere */
  readonly callControl?: { readonly host: string; readonly port: number };
}

/**
 * The files of nginx's release: nginx.conf, what the phone page is told, and from their secret files the TLS
 * certificate and key, and who may see the status page.
 *
 * TLS follows Mozilla's intermediate configuration, guideline 6.0: TLS 1.2 with forward secrecy and AEAD only, TLS 1.3, and
 * the hybrid key exchange first.
 */
export function renderNginxFiles(props: NginxFilesProps): Record<string, string> {
  return {
    "nginx.conf": renderNginxConf(props),
    "phone.json": `${JSON.stringify(props.phone, null, 2)}\n`,
    "tls/certificate.pem": Secrets.placeholder("tls/certificate.pem"),
    "tls/key.pem": Secrets.placeholder("tls/key.pem"),
    ...statusFiles,
  };
}

/**
 * Worker processes of each release that has sockets still (assets/nginx/release/take-over): a bound on what they take
 * together, and enough for the log-ins of some thousand phones in a few seconds.
 */
const WORKERS = 4;

const STRICT_TRANSPORT = 'Strict-Transport-Security "max-age=63072000" always';

function renderNginxConf(props: NginxFilesProps): string {
  const { address, port, httpPort, drainSeconds, upstream, phone, monitor, callControl } = props;
  return `worker_processes ${WORKERS};
worker_rlimit_nofile 16384;
# A reload leaves the phones' sockets with the workers that they have.
worker_shutdown_timeout ${drainSeconds}s;
pid /tmp/nginx.pid;
error_log stderr notice;

events {
    worker_connections 8192;
}

http {
    server_tokens off;
    default_type application/octet-stream;
    types {
        text/html html;
        text/css css;
        text/javascript js;
        image/svg+xml svg;
        application/json json;
    }

    log_format line '$remote_addr "$request" $status $body_bytes_sent $request_time "$http_user_agent"';
    access_log /dev/stdout line;

    # The root file system is read-only; nothing that a phone sends needs a file.
    client_body_temp_path /tmp/client_body;
    proxy_temp_path /tmp/proxy;
    fastcgi_temp_path /tmp/fastcgi;
    uwsgi_temp_path /tmp/uwsgi;
    scgi_temp_path /tmp/scgi;
    client_max_body_size 64k;
    client_header_timeout 10s;
    client_body_timeout 10s;

    ssl_certificate tls/certificate.pem;
    ssl_certificate_key tls/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ecdh_curve X25519MLKEM768:X25519:prime256v1:secp384r1;
    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;
    ssl_prefer_server_ciphers off;
    ssl_session_timeout 1d;
    ssl_session_cache shared:tls:10m;
    ssl_session_tickets off;

    upstream sip {
        server ${hostPort(upstream.host, upstream.port)};
    }
${statusLimit}${callControl ? callControlLimits : ""}

    server {
        listen ${hostPort(address, httpPort)};

        # Which release is in force, for the health check and for the release itself.
        location = /release {
            allow 127.0.0.1;
            allow ${address};
            deny all;
            access_log off;
            default_type text/plain;
            return 200 "${RELEASE_PLACEHOLDER}\\n";
        }
        location / {
            return 301 https://$host:${port}$request_uri;
        }
    }

    server {
        listen ${hostPort(address, port)} ssl;
        add_header ${STRICT_TRANSPORT};

        location = /ws {
            proxy_pass http://sip/ws;
            # For \`verify\`: who really answered.
            add_header X-Upstream $upstream_addr always;
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "Upgrade";
            proxy_set_header X-Real-IP $remote_addr;
            # What the client claims is thrown away: the address that nginx saw is the only one that counts.
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_connect_timeout 60s;
            proxy_send_timeout 60s;
            proxy_read_timeout 86400s;
            proxy_buffering off;
        }
${renderPhonePage(phone, [STRICT_TRANSPORT])}
${statusLocations(monitor)}${callControl ? callControlLocations(callControl) : ""}
        location / {
            return 404;
        }
    }
}
`;
}
