/** Tokens: longer shared prefixes are not tried, as nobody is told that a prompt shares too little who shares so much. */
export const longestTried = 65_536;
