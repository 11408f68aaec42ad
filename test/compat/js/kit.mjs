// What the programs here share.
import { isDeepStrictEqual } from "node:util";

export const utf8 = (bytes) => Buffer.from(bytes).toString();

export function same(what, got, want) {
  if (!isDeepStrictEqual(got, want)) {
    console.error(`FAIL ${what}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
    process.exit(1);
  }
  console.log("ok  ", what);
}

// refused fails unless the promise is refused with the error's type.
export async function refused(type, promise) {
  try {
    await promise;
  } catch (e) {
    return same(type.name, e instanceof type ? e.name : String(e), type.name);
  }
  same(type.name, "no error", type.name);
}

// advance moves the server's clock.
export async function advance(minutes) {
  const url = `${process.env.COMPAT_ADMIN}/clock/advance?duration=${minutes}m`;
  same(`clock ${minutes} minutes on`, (await fetch(url, { method: "POST" })).status, 200);
}
