import { renderConf } from "./conf";
import { type AsteriskFilesProps, SYSTEM_NAME } from "./props";

/**
 * The modules, and no others: what is not here can't be used by mistake or by an intruder. Each is required, so
 * Asterisk doesn't start without one of them, which the release's check finds before it is in force.
 */
const MODULES = {
  storage: [
    "res_odbc",
    "res_odbc_transaction",
    "res_config_odbc",
    "res_sorcery_config",
    "res_sorcery_memory",
    "res_sorcery_realtime",
    "res_sorcery_astdb",
  ],
  SIP: [
    "res_pjproject",
    "res_pjsip",
    "res_pjsip_session",
    "res_pjsip_pubsub",
    "res_pjsip_sdp_rtp",
    "res_pjsip_nat",
    "res_pjsip_caller_id",
    "res_pjsip_registrar",
    "res_pjsip_transport_websocket",
    "res_pjsip_authenticator_digest",
    "res_pjsip_outbound_authenticator_digest",
    "res_pjsip_outbound_registration",
    "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_endpoint_identifier_user",
    "res_pjsip_header_funcs",
    "res_pjsip_notify",
    "res_pjsip_rfc3326",
    "res_pjsip_dtmf_info",
    "res_pjsip_path",
    "res_pjsip_refer",
    "res_pjsip_logger",
    "chan_pjsip",
  ],
  media: [
    "res_crypto",
    "res_srtp",
    "res_rtp_asterisk",
    "res_timing_timerfd",
    "res_format_attr_opus",
    "codec_ulaw",
    "codec_alaw",
    "codec_a_mu",
    "codec_g722",
    "codec_resample",
    "codec_opus_open_source",
    "format_pcm",
    "format_wav",
    "bridge_simple",
    "bridge_native_rtp",
    "bridge_softmix",
  ],
  dialplan: [
    "pbx_config",
    "app_dial",
    "app_verbose",
    "app_exec",
    "app_stack",
    "func_callerid",
    "func_channel",
    "func_logic",
    "func_strings",
    "func_hangupcause",
  ],
  "HTTP and ARI": [
    "res_http_websocket",
    "res_websocket_client",
    "res_prometheus",
    "res_stasis",
    "res_stasis_answer",
    "res_stasis_playback",
    "res_stasis_recording",
    "res_stasis_snoop",
    "app_stasis",
    "res_ari",
    "res_ari_model",
    "res_ari_applications",
    "res_ari_asterisk",
    "res_ari_bridges",
    "res_ari_channels",
    "res_ari_endpoints",
    "res_ari_events",
    "res_ari_playbacks",
    "res_ari_recordings",
  ],
} as const;

/** What call-control needs beside: recording of bridges, music, sound files of the image, and a bound of strangers. */
const CALL_CONTROL_MODULES = [
  "chan_bridge_media",
  "bridge_holding",
  "res_musiconhold",
  "format_gsm",
  "codec_gsm",
  "func_timeout",
  "res_pjsip_acl",
] as const;

/** Where recordings are kept, in a volume: below `recording/`. */
export const SPOOL_DIRECTORY = "/var/spool/asterisk";

/** asterisk.conf, modules.conf, logger.conf, rtp.conf and what else the core wants to find. */
export function renderCoreFiles({ rtp, host, callControl }: AsteriskFilesProps): Record<string, string> {
  const modules = [...Object.values(MODULES).flat(), ...(callControl ? CALL_CONTROL_MODULES : [])];
  return {
    ...unusedParts(),
    "asterisk.conf": renderConf([
      {
        name: "directories",
        comment:
          "The root file system is read-only: what Asterisk writes is its socket, and working files in memory.",
        options: {
          astetcdir: "/config/current",
          astrundir: "/run/control",
          astdatadir: "/usr/share/asterisk",
          astvarlibdir: "/tmp/asterisk/lib",
          astdbdir: "/tmp/asterisk/lib",
          astkeydir: "/tmp/asterisk/lib",
          astcachedir: "/tmp/asterisk/cache",
          astspooldir: callControl ? SPOOL_DIRECTORY : "/tmp/asterisk/spool",
          astlogdir: "/tmp/asterisk/log",
        },
      },
      {
        name: "options",
        options: {
          systemname: SYSTEM_NAME,
          documentation_language: "en_US",
          nocolor: true,
          hideconnect: true,
          lockconfdir: false,
          live_dangerously: false,
          disable_remote_console_shell: true,
        },
      },
    ]),
    "modules.conf": renderConf([
      { name: "modules", options: { autoload: false, require: modules.map((module) => `${module}.so`) } },
    ]),
    "logger.conf": renderConf([
      { name: "general", options: { dateformat: "%F %T.%3q", queue_log: false } },
      { name: "logfiles", options: { "/dev/stdout": "notice,warning,error,verbose(2)" } },
    ]),
    "rtp.conf": renderConf([
      {
        name: "general",
        options: {
          rtpstart: rtp.from,
          rtpend: rtp.to,
          strictrtp: true,
          icesupport: true,
          ...iceHosts(host.address),
        },
      },
      ...(host.publicAddress
        ? [
            {
              name: "ice_host_candidates",
              options: { [host.address]: `${host.publicAddress},include_local_address` },
            },
          ]
        : []),
    ]),
    ...(callControl && { "musiconhold.conf": renderConf([MUSIC]) }),
  };
}

/** Debian's music, which is in the image. */
const MUSIC = {
  name: "default",
  options: { mode: "files", directory: "/usr/share/asterisk/moh", sort: "random" },
};

/** What the core and its modules look for at a start, and complain about when it is not there. */
function unusedParts(): Record<string, string> {
  const switchedOff = renderConf([{ name: "general", options: { enable: false } }]);
  const defaults = renderConf([{ name: "general", options: {} }]);
  return {
    "cdr.conf": switchedOff,
    "cel.conf": switchedOff,
    "ccss.conf": defaults,
    "features.conf": defaults,
    "udptl.conf": defaults,
    "acl.conf": NOTHING,
    // Level 2 is what pjproject calls a warning, e.g. that a module came while messages came already: not for an operator.
    "pjproject.conf": renderConf([
      {
        name: "log_mappings",
        options: {
          type: "log_mappings",
          asterisk_error: "0,1",
          asterisk_notice: "2",
          asterisk_debug: "3,4,5,6",
        },
      },
    ]),
    "websocket_client.conf": NOTHING,
    // NOTIFYs that are sent by AMI need nothing in it, but without it the module doesn't load.
    "pjsip_notify.conf": NOTHING,
    "stasis.conf": renderConf([{ name: "threadpool", options: {} }]),
    "indications.conf": renderConf([
      { name: "general", options: { country: "us" } },
      {
        name: "us",
        options: {
          description: "United States / North America",
          ringcadence: "2000,4000",
          dial: "350+440",
          busy: "480+620/500,0/500",
          ring: "440+480/2000,0/4000",
          congestion: "480+620/250,0/250",
        },
      },
    ]),
  };
}

const NOTHING = "; nothing to set\n";

/** Of a host's addresses, phones are offered one: others are bridges of Docker's, or lead where no phone is. */
function iceHosts(address: string): Record<string, string> {
  // Asterisk never offers loopback addresses: a host that has no other address for us offers all that it has.
  return address.startsWith("127.")
    ? {}
    : { ice_deny: "0.0.0.0/0.0.0.0", ice_permit: `${address}/255.255.255.255` };
}
