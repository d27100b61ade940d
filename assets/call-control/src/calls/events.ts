import type { AriEvent } from "../../../../lib/ari";
import type { LegFact } from "./inputs";

/** What an event of Asterisk's says about a channel that may be a leg; undefined when it says nothing of use. */
export function readFact(event: AriEvent): LegFact | undefined {
  switch (event.type) {
    case "Dial": {
      const leg = event.peer.id;
      if (event.dialstatus === "ANSWER") return { what: "up", leg };
      if (event.dialstatus === "RINGING" || event.dialstatus === "PROGRESS") return { what: "ringing", leg };
      return undefined;
    }
    case "ChannelStateChange":
      return event.channel.state === "Up" ? { what: "up", leg: event.channel.id } : undefined;
    case "ChannelDestroyed": {
      const { channel, cause, cause_txt } = event;
      return { what: "gone", leg: channel.id, cause: { code: cause, text: cause_txt } };
    }
    default:
      return undefined;
  }
}
