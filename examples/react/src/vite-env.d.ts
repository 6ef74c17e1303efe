/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** Where the server is. */
  readonly VITE_SKEIN_URL?: string;
}
