import { hostPort } from "../../config";
import { Secrets } from "../service/secrets";

/** Lines of name and hash, of who may see the status page. */
const USERS = "status.htpasswd";

export const statusFiles = { [USERS]: Secrets.placeholder("status-users") };

/** A page is seven requests at once, and then one that stays: what is more is somebody who tries passwords. */
export const statusLimit = `
    limit_req_zone $binary_remote_addr zone=status:1m rate=5r/s;
    limit_req_status 429;`;

/**
 * The status page of registration-monitor, for those who log in. Nothing of it is open, neither its metrics nor its
 * health; its own security headers pass through.
 */
export function statusLocations({ host, port }: { readonly host: string; readonly port: number }): string {
  return `
        location = /status {
            absolute_redirect off;
            return 301 /status/;
        }
        location /status/ {
            limit_req zone=status burst=40 nodelay;
            auth_basic "status page";
            auth_basic_user_file ${USERS};
            proxy_pass http://${hostPort(host, port)}/;
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header Connection "";
            # The password ends here: the monitor has no use for it.
            proxy_set_header Authorization "";
            proxy_connect_timeout 5s;
            # Events send a sign of life every 15 s, and switch off buffering by X-Accel-Buffering.
            proxy_read_timeout 60s;
            proxy_buffers 16 64k;
            proxy_max_temp_file_size 0;
            gzip on;
            gzip_comp_level 2;
            gzip_types text/css text/javascript application/json image/svg+xml;
        }`;
}
