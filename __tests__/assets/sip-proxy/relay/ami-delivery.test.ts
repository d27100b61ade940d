import { amiDelivery, DELIVERY_ACTIONS } from "../../../../assets/sip-proxy/src/relay/ami-delivery";
import { AmiClient } from "../../../../lib/ami";
import { FakeAsterisk } from "../../../lib/ami/fake-asterisk";

/** As Asterisk 22.10.1 answers, as far as the delivery reads it. */
const endpoint = (contacts: string) => (id: string) =>
  [
    `Response: Success\r\nActionID: ${id}\r\nEventList: start\r\nMessage: Following are Events for each object associated with the Endpoint\r\n`,
    `Event: EndpointDetail\r\nActionID: ${id}\r\nObjectType: endpoint\r\nObjectName: 1002\r\nAors: 1002\r\n`,
    `Event: AorDetail\r\nActionID: ${id}\r\nObjectType: aor\r\nObjectName: 1002\r\nContacts: ${contacts}\r\n`,
    `Event: EndpointDetailComplete\r\nActionID: ${id}\r\nEventList: Complete\r\nListItems: 2\r\n`,
  ]
    .map((part) => `${part}\r\n`)
    .join("");
const sent = (id: string) => `Response: Success\r\nActionID: ${id}\r\nMessage: NOTIFY sent\r\n\r\n`;
const unknown = (id: string) =>
  `Response: Error\r\nActionID: ${id}\r\nMessage: Unable to retrieve endpoint 7777\r\n\r\n`;

const VARIABLES = { "X-Genesys-CallUUID": "U1", "X-Genesys-Call-ID": "c@a" };

describe("delivery by AMI", () => {
  let asterisk: FakeAsterisk;
  let ami: AmiClient;

  beforeEach(async () => {
    asterisk = await new FakeAsterisk().start();
    ami = new AmiClient({
      host: "127.0.0.1",
      port: asterisk.port,
      username: "monitor",
      secret: "swordfish",
      allowedActions: DELIVERY_ACTIONS,
    });
    const ready = new Promise<void>((resolve) => ami.on("ready", resolve));
    ami.start();
    await ready;
    asterisk.answers.set("PJSIPNotify", sent);
  });
  afterEach(async () => {
    await ami.stop();
    await asterisk.stop();
  });

  it("sends a NOTIFY outside of dialogs to a DN that has a phone", async () => {
    asterisk.answers.set("PJSIPShowEndpoint", endpoint("1002/sip:1002@phone.invalid,"));
    await expect(amiDelivery(ami)("1002", "talk", VARIABLES)).resolves.toEqual({ outcome: "delivered" });
    const notify = asterisk.actions.at(-1);
    expect(notify?.get("action")).toEqual(["PJSIPNotify"]);
    expect(notify?.get("endpoint")).toEqual(["1002"]);
    expect(notify?.get("variable")).toEqual(["Event=talk", "X-Genesys-CallUUID=U1", "X-Genesys-Call-ID=c@a"]);
  });

  it("sends none to a DN without a contact: Asterisk would call that a success", async () => {
    asterisk.answers.set("PJSIPShowEndpoint", endpoint(""));
    await expect(amiDelivery(ami)("1002", "talk", {})).resolves.toEqual({ outcome: "no-phone" });
    expect(asterisk.actionNames).not.toContain("PJSIPNotify");
  });

  it("knows a DN that Asterisk does not know", async () => {
    asterisk.answers.set("PJSIPShowEndpoint", unknown);
    await expect(amiDelivery(ami)("7777", "hold", {})).resolves.toEqual({ outcome: "no-phone" });
  });

  it("says why Asterisk can't be asked", async () => {
    asterisk.answers.set(
      "PJSIPShowEndpoint",
      (id) => `Response: Error\r\nActionID: ${id}\r\nMessage: Permission denied\r\n\r\n`,
    );
    await expect(amiDelivery(ami)("1002", "talk", {})).resolves.toMatchObject({
      outcome: "unavailable",
      why: expect.stringContaining("Permission denied"),
    });
    await ami.stop();
    await expect(amiDelivery(ami)("1002", "talk", {})).resolves.toMatchObject({
      outcome: "unavailable",
      why: expect.stringContaining("disconnected"),
    });
  });
});
