# Each has <name>_fuzz.cpp, and its words in dictionaries/<name>.dict.
set(curlew_fuzz_targets gguf tokenizer network safetensors hf_config hf_tokenizer adapter constraint prefix_store segment
  diagnostics)
