import { preferences } from "./core/preferences.js";

preferences();
