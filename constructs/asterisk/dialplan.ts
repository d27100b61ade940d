// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Asterisk's own variables are written like that
import { RELEASE_PLACEHOLDER } from "../service/release";
import {
  callControlContexts,
  DN_DIALLED,
  FROM_DN,
  NO_TIMEOUT,
  OUTSIDE_DIALLED,
} from "./call-control-dialplan";
import { context } from "./context";
import { dnPatterns } from "./dn-patterns";
import { AGENT_CONTEXT, type AsteriskFilesProps, TRUNK_CONTEXT, TRUNK_ENDPOINT } from "./props";

/** Whether the channel is a phone's. */
const FROM_PHONE = `$["\${CHANNEL(endpoint)}" != "${TRUNK_ENDPOINT}"]`;

/** Seconds that a call may ring. */
const RING_SECONDS = 300;

/**
 * extensions.conf. A number outside the patterns is no extension: Asterisk answers 404 and logs
 * "rejected because extension not found in context".
 *
 * DNs hold digits only (config/environment.ts), so no text of the environment needs escaping here.
 */
export function renderDialplan({
  dns,
  allowedDns,
  probeDn,
  callControl,
}: Pick<AsteriskFilesProps, "dns" | "allowedDns" | "probeDn" | "callControl">): string {
  const single = [...dns.map(({ number }) => number), probeDn].map((number) => ({
    from: number,
    to: number,
  }));
  const patterns = dnPatterns([...allowedDns, ...single]);
  // The endpoint has authenticated; what the phone wrote into From has not. A call that a phone has transferred
  // comes from a trunk, and keeps the number that it came with.
  const fromPhone = callControl ? FROM_DN : FROM_PHONE;
  const identify = [
    `same => n,ExecIf(${fromPhone}?Set(CALLERID(num)=\${CHANNEL(endpoint)}))`,
    `same => n,ExecIf(${fromPhone}?Set(CALLERID(name)=Agent \${CHANNEL(endpoint)}))`,
  ];
  const dnDialled = callControl ? DN_DIALLED : "to-genesys";
  return [
    context("globals", [`RELEASE=${RELEASE_PLACEHOLDER}`], "dialplan show globals: which release is loaded"),
    context(
      AGENT_CONTEXT,
      [
        ...patterns.map((pattern) => `exten => ${pattern},1,Goto(${dnDialled},\${EXTEN},1)`),
        ...(callControl && callControl.trunks.length > 0 ? [`include => ${OUTSIDE_DIALLED}`] : []),
      ],
      callControl
        ? "Calls of agents. call-control decides about them; without it, Genesys hears of every one to a DN."
        : "Calls of agents. Genesys hears of every one of them, also of those between two phones of ours.",
    ),
    context("to-genesys", [
      "exten => _X!,1,Set(DN=${FILTER(0-9,${EXTEN})})",
      ...identify,
      ...(callControl ? [`same => n,${NO_TIMEOUT}`] : []),
      `same => n,Dial(PJSIP/\${DN}@${TRUNK_ENDPOINT},${RING_SECONDS})`,
      // 3, no route: no server answers OPTIONS. 34 makes 503 of it, where 3 would make 404.
      'same => n,ExecIf($["${DIALSTATUS}-${HANGUPCAUSE}" = "CHANUNAVAIL-3"]?Hangup(34))',
      "same => n,Goto(hang-up,${DIALSTATUS},1)",
    ]),
    context(
      TRUNK_CONTEXT,
      patterns.map((pattern) => `exten => ${pattern},1,Goto(to-phone,\${EXTEN},1)`),
      "Calls of Genesys to a DN's phones.",
    ),
    context("to-phone", [
      "exten => _X!,1,Set(DN=${FILTER(0-9,${EXTEN})})",
      "same => n,Set(UUID=${FILTER(A-Za-z0-9-,${PJSIP_HEADER(read,X-Genesys-CallUUID)})})",
      "same => n,Set(CONTACTS=${PJSIP_DIAL_CONTACTS(${DN})})",
      "; Cause 20, subscriber absent: 480",
      'same => n,ExecIf($["${CONTACTS}" = ""]?Log(NOTICE,${DN} is not registered: call from Genesys refused))',
      'same => n,ExecIf($["${CONTACTS}" = ""]?Hangup(20))',
      `same => n,Dial(\${CONTACTS},${RING_SECONDS},b(phone-headers^s^1(\${UUID})))`,
      "same => n,Goto(hang-up,${DIALSTATUS},1)",
    ]),
    context(
      "phone-headers",
      [
        'exten => s,1,ExecIf($["${ARG1}" != ""]?Set(PJSIP_HEADER(add,X-Genesys-CallUUID)=${ARG1}))',
        "same => n,Return()",
      ],
      "Runs on the channel to the phone before its INVITE goes out.",
    ),
    context("hang-up", [
      "; Asterisk itself gave up: 19, no answer: 480",
      "exten => NOANSWER,1,Hangup(19)",
      "; The far end's cause is passed on.",
      "exten => _[A-Z]!,1,Hangup(${HANGUPCAUSE})",
    ]),
    ...(callControl ? callControlContexts(callControl, identify, RING_SECONDS) : []),
  ]
    .join("\n\n")
    .concat("\n");
}
