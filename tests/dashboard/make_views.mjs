// Makes the dashboard of a home as the frontend would, without a browser: reads the home from stdin as JSON,
// {source, entities, devices, sessions, statistics, language}, and writes {views, asked}.
import { text } from "node:stream/consumers";

const home = JSON.parse(await text(process.stdin));
const defined = new Map();
globalThis.HTMLElement = class {};
globalThis.window = {
  customElements: {
    whenDefined: async () => {},
    get: (tag) => defined.get(tag),
    define: (tag, element) => defined.set(tag, element),
  },
};
await import(`data:text/javascript;base64,${Buffer.from(home.source).toString("base64")}`);
await new Promise((resolve) => setImmediate(resolve));

const asked = [];
const hass = {
  entities: home.entities,
  devices: home.devices,
  states: {},
  locale: { language: home.language },
  config: { time_zone: "Europe/Vienna" },
  loadBackendTranslation: async () => () => "",
  callWS: async (message) => {
    if (message.type === "recorder/list_statistic_ids") {
      return home.statistics.map((statistic_id) => ({ statistic_id }));
    }
    asked.push(message.target.device_id);
    const sessions = home.sessions[message.target.device_id];
    if (sessions === null) {
      throw new Error("the cloud does not answer");
    }
    return { response: { chargers: [{ sessions: sessions ?? [] }] } };
  },
};
const [strategy] = window.customStrategies;
const element = defined.get(`ll-strategy-dashboard-${strategy.type}`);
const { views } = await element.generate({}, hass);
process.stdout.write(JSON.stringify({ views, asked }));
