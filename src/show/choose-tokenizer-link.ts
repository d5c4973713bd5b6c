/** In Markdown whose host lets this command run. */
export const chooseTokenizerLink =
  "[Choose the model's tokenizer file](command:promptCacheLens.chooseTokenizerFile)";
