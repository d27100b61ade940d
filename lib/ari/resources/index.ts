import type { Http } from "../http";
import { Applications } from "./applications";
import { Asterisk } from "./asterisk";
import { Bridges } from "./bridges";
import { Channels } from "./channels";
import { Endpoints } from "./endpoints";
import { Playbacks } from "./playbacks";
import { Recordings } from "./recordings";

/** ARI's resources. */
export class Resources {
  readonly channels: Channels;
  readonly bridges: Bridges;
  readonly endpoints: Endpoints;
  readonly recordings: Recordings;
  readonly playbacks: Playbacks;
  readonly applications: Applications;
  readonly asterisk: Asterisk;

  constructor(http: Http, app: string) {
    this.channels = new Channels(http);
    this.bridges = new Bridges(http);
    this.endpoints = new Endpoints(http);
    this.recordings = new Recordings(http);
    this.playbacks = new Playbacks(http);
    this.applications = new Applications(http, app);
    this.asterisk = new Asterisk(http);
  }
}
