/** Tokens: longer shared prefixes are not tried, as nobody is told that a prompt shares too little who shares so much. */
export const longestTried = 65_536;

/** The same where many models are tried for a list that somebody waits for: each end of a block is. */
export const longestInList = 4096;
