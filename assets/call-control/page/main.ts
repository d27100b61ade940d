import { Backoff } from "../../../lib/ami/backoff";
import { type Access, missing, partsOf, rightsOf, whoIs } from "./logic/access";
import { Api, ApiError } from "./ui/api";
import { CampaignNames } from "./ui/campaign-names";
import { CampaignsPart } from "./ui/campaigns-part";
import { byId, setText } from "./ui/elements";
import { LivePart } from "./ui/live-part";
import { LogPart } from "./ui/log-part";
import { startNewCall } from "./ui/new-call";
import { Parts } from "./ui/parts";
import { askForKey, keptKey, signOut } from "./ui/sign-in";
import { startTheme } from "./ui/theme";

/** Signs in with a key. @throws ApiError when the key is not taken, or the server is not there */
async function signIn(key: string): Promise<void> {
  let isIn = false;
  // A key that was good and is not any more ends everything that was shown with it.
  const api = new Api(key, (words) => isIn && signOut(words));
  const access = await api.access();
  isIn = true;
  startDesk(api, access);
}

/** With the key that the tab has, after the page was loaded again. */
async function signInAgain(key: string): Promise<void> {
  const backoff = new Backoff({ initial: 2_000, maximum: 30_000, minimum: 1_000 }, Math.random);
  const nothing = byId("nothing");
  nothing.hidden = false;
  setText(nothing, "Signing in");
  byId("sign-out").hidden = false;
  for (;;) {
    try {
      await signIn(key);
      return;
    } catch (error) {
      const { status, message } = error as ApiError;
      if (status === 401 || status === 403) return signOut(message);
      if (!(error instanceof ApiError)) throw error;
      setText(nothing, `${message} It is tried again.`);
      await new Promise((resolve) => setTimeout(resolve, backoff.next()));
    }
  }
}

function startDesk(api: Api, access: Access): void {
  const rights = rightsOf(access);
  const open = partsOf(rights);
  setText(byId("who"), whoIs(access));
  byId("sign-out").hidden = false;
  byId("nothing").hidden = open.length > 0;
  if (open.length === 0) setText(byId("nothing"), `There is nothing to see. ${missing("seeCalls")}`);

  const names = new CampaignNames(api, rights.seeCampaigns, () => live?.refresh());
  const live = rights.seeCalls ? new LivePart(api, rights, names) : undefined;
  const log = new LogPart({ api, rights, names });
  const campaigns = new CampaignsPart(api, rights, names);
  startNewCall(api, access, rights);
  byId("totals").hidden = live === undefined;
  byId("live-list").hidden = live === undefined;

  const parts = new Parts(open, (part) => {
    if (part === "log") log.open();
    campaigns.open(part === "campaigns");
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = (event.target as Element).closest("input, select, textarea, dialog") !== null;
    if (event.key !== "/" || isTyping) return;
    event.preventDefault();
    if (parts.current === "live") live?.focusSearch();
    else if (parts.current === "log") log.focusSearch();
  });
}

startTheme();
byId("sign-out").addEventListener("click", () => signOut());
const key = keptKey();
if (key === undefined) askForKey(signIn);
else void signInAgain(key);
