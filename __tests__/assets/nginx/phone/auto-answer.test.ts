import { asksForAnswer } from "../../../../assets/nginx/phone/logic/auto-answer";

const callInfo = (...values: string[]) => asksForAnswer({ callInfo: values, alertInfo: [] });
const alertInfo = (...values: string[]) => asksForAnswer({ callInfo: [], alertInfo: values });

it.each(["<sip:a@b>;answer-after=0", ";answer-after=0", "<sip:a@b>; Answer-After = 0;x=1"])(
  "Call-Info: %s",
  (value) => expect(callInfo("<sip:x@y>", value)).toBe(true),
);

it.each(["info=alert-autoanswer", "<http://a>;info=alert-autoanswer", '<http://a>; info="alert-autoanswer"'])(
  "Alert-Info: %s",
  (value) => expect(alertInfo(value)).toBe(true),
);

it("is not asked by other values", () => {
  expect(callInfo()).toBe(false);
  expect(callInfo("<sip:a@b>;answer-after=05", "<sip:answer-after=0@b>;answer-after=5")).toBe(false);
  expect(alertInfo("<http://a>;info=alert-autoanswer-not", "<http://a/info=alert-autoanswer>")).toBe(false);
});
