import { parsePageConfig } from "../../../../assets/nginx/phone/logic/page-config";

const config = { talkEvents: true, autoAnswerHeaders: false, embedOrigins: ["https://a.example"] };

it("takes what constructs/nginx renders", () => {
  expect(parsePageConfig(config)).toStrictEqual(config);
});

it.each([
  [null, "config.json: talkEvents is neither true nor false"],
  [{ ...config, autoAnswerHeaders: "no" }, "config.json: autoAnswerHeaders is neither true nor false"],
  [{ ...config, embedOrigins: "*" }, "config.json: embedOrigins is no list of texts"],
  [{ ...config, embedOrigins: [1] }, "config.json: embedOrigins is no list of texts"],
])("names what is wrong: %j", (value, error) => {
  expect(() => parsePageConfig(value)).toThrow(error);
});
