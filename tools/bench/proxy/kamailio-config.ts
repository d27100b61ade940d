/** Where Kamailio listens and what it talks to; all but Genesys on 127.0.0.1. */
export interface KamailioPorts {
  readonly edge: number;
  readonly asterisk: number;
  readonly genesys: { readonly host: string; readonly port: number };
}

/** What is set for the machine; what is absent stays at Kamailio's default. */
export interface KamailioTuning {
  /** Processes for UDP, and as many for TCP. @default 8 */
  readonly children?: number;
  /** Bytes that each TCP connection reserves for what it reads. @default 16384 */
  readonly readBuffer?: number;
  /** Seconds between two walks over all WebSockets, for keep-alives and for those that are closed. @default 1 */
  readonly timerInterval?: number;
}

/**
 * Kamailio as a WebSocket edge in front of Asterisk: each REGISTER goes on to Asterisk over UDP, and each 200 to it
 * makes a REGISTER to Genesys with the uac module.
 */
export function renderKamailio(ports: KamailioPorts, tuning: KamailioTuning): string {
  const { edge, asterisk, genesys } = ports;
  const { children, readBuffer, timerInterval } = tuning;
  const set = (name: string, value: number | undefined) => (value === undefined ? "" : `${name}=${value}\n`);
  const param = (module: string, name: string, value: number | undefined) =>
    value === undefined ? "" : `modparam("${module}", "${name}", ${value})\n`;
  return `#!KAMAILIO
debug=1
log_stderror=yes
${set("children", children)}${set("tcp_children", children)}${set("tcp_rd_buf_size", readBuffer)}
listen=udp:127.0.0.1:${edge}
listen=tcp:127.0.0.1:${edge}
# A WebSocket message need not have a Content-Length, and a phone is silent for long.
tcp_accept_no_cl=yes
tcp_connection_lifetime=3605
tcp_max_connections=16384

loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xhttp.so"
loadmodule "nathelper.so"
loadmodule "websocket.so"
loadmodule "uac.so"

modparam("uac", "restore_mode", "none")
${param("websocket", "timer_interval", timerInterval)}${param("websocket", "keepalive_interval", timerInterval)}
request_route {
  if (!is_method("REGISTER")) {
    sl_send_reply("405", "Method Not Allowed");
    exit;
  }
  force_rport();
  $avp(expires) = $hdr(Expires);
  $du = "sip:127.0.0.1:${asterisk}";
  t_on_reply("ASTERISK");
  if (!t_relay()) sl_reply_error();
}

onreply_route[ASTERISK] {
  if (!t_check_status("200")) return;
  $uac_req(method) = "REGISTER";
  $uac_req(ruri) = "sip:${genesys.host}:${genesys.port}";
  $uac_req(furi) = "sip:" + $tU + "@${genesys.host}";
  $uac_req(turi) = "sip:" + $tU + "@${genesys.host}";
  $uac_req(hdrs) = "Contact: <sip:" + $tU + "@127.0.0.1:5060>\\r\\nExpires: " + $avp(expires) + "\\r\\n";
  uac_req_send();
}

event_route[xhttp:request] {
  if ($hdr(Upgrade) =~ "websocket" && $hdr(Sec-WebSocket-Protocol) =~ "sip") {
    ws_handle_handshake();
    exit;
  }
  xhttp_reply("404", "Not Found", "", "");
}
`;
}
