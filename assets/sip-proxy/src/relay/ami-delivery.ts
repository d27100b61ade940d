import { AmiActionError, type AmiClient } from "../../../../lib/ami";
import type { Deliver } from "./talk-desk";

/** What the delivery sends; the client that it is given has to allow it. */
export const DELIVERY_ACTIONS = ["PJSIPShowEndpoint", "PJSIPNotify"] as const;

/**
 * Delivery by Asterisk's manager interface. PJSIPNotify says "NOTIFY sent" for a DN that has no contact too, so
 * Asterisk is asked for the contacts first.
 */
export function amiDelivery(ami: Pick<AmiClient, "action" | "list">): Deliver {
  return async (dn, event, variables) => {
    try {
      const contacts = await ami.list("PJSIPShowEndpoint", { Endpoint: dn }, (item) =>
        item.event === "AorDetail" ? item.get("Contacts") || undefined : undefined,
      );
      if (contacts.length === 0) return { outcome: "no-phone" };
      const headers = Object.entries({ Event: event, ...variables });
      await ami.action("PJSIPNotify", {
        Endpoint: dn,
        Variable: headers.map(([name, value]) => `${name}=${value}`),
      });
      return { outcome: "delivered" };
    } catch (error) {
      // Neither action fails otherwise: Asterisk does not know the DN.
      if (error instanceof AmiActionError && /unable to retrieve endpoint/i.test(error.reason)) {
        return { outcome: "no-phone" };
      }
      return { outcome: "unavailable", why: (error as Error).message };
    }
  };
}
