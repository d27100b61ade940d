import { hostPort } from "../../config";

interface Place {
  readonly host: string;
  readonly port: number;
}

/**
 * What one address may ask for: a site's agents may all come from one, and their pages ask every few seconds. Wrong keys
 * are counted by call-control itself. The log has no query, in which a signature or a customer's number can be.
 */
export const callControlLimits = `
    limit_req_zone $binary_remote_addr zone=api:1m rate=100r/s;
    limit_conn_zone $binary_remote_addr zone=api_requests:1m;
    limit_conn_status 429;
    log_format without_query '$remote_addr "$request_method $uri" $status $body_bytes_sent $request_time "$http_user_agent"';`;

/**
 * The API of call-control at /api/, and its page at /calls/. Who asks is checked there, by what Authorization or the
 * signature of an address says. Its own security headers pass through.
 */
export function callControlLocations({ host, port }: Place): string {
  const place = `http://${hostPort(host, port)}`;
  return `
        location /api/ {
            proxy_pass ${place}/;
${passing}

            location ~ "^/api/telephony/campaigns/[^/]{1,64}/leads/?$" {
                client_max_body_size 2m;
                # A key is checked before the body comes, and nothing of it lies about here.
                proxy_request_buffering off;
                rewrite ^/api(/.*)$ $1 break;
                proxy_pass ${place};
            }
            location /api/telephony/recordings/ {
                # With an error, the whole address would be logged, and who has that can listen.
                error_log stderr crit;
                proxy_pass ${place}/telephony/recordings/;
            }
        }
        location = /calls {
            absolute_redirect off;
            return 301 /calls/;
        }
        location /calls/ {
            proxy_pass ${place};
${passing}
        }`;
}

const passing = `            limit_req zone=api burst=200 nodelay;
            limit_conn api_requests 500;
            access_log /dev/stdout without_query;
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header Connection "";
            proxy_set_header X-Real-IP $remote_addr;
            # As at /ws: what the client claims is thrown away.
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_connect_timeout 5s;
            # Events send a sign of life every 15 s, and switch off buffering by X-Accel-Buffering.
            proxy_read_timeout 60s;
            proxy_buffers 16 64k;
            # A recording waits at call-control for who downloads it slowly, and not in a file here.
            proxy_max_temp_file_size 0;
            gzip on;
            gzip_comp_level 2;
            gzip_types text/css text/javascript application/json image/svg+xml;`;
