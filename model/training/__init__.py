"""How Curlew's own code model is made: corpus, tokenizer, prepare, train, export, evaluate. README.md has the whole story."""
