#include "model/text/chat_families.h"

namespace curlew::model {
namespace {

using System = ChatLayout::System;
using Bos = ChatLayout::Bos;
using Words = std::vector<std::string_view>;

const Words kChatMlMarkers = {"<|im_start|>", "<|im_end|>"};
const Words kMadeForChat = {"instruct", "chat"};

// Qwen, StableCode-Instruct, Yi-Coder-Chat.
ChatLayout chatml() {
  return {.name = "chatml",
          .in_template = {"<|im_start|>"},
          .required = kChatMlMarkers,
          .in_names = kMadeForChat,
          .markers = kChatMlMarkers,
          .system = {"<|im_start|>system\n", "<|im_end|>\n"},
          .user = {"<|im_start|>user\n", "<|im_end|>\n"},
          .assistant = {"<|im_start|>assistant\n", "<|im_end|>\n"},
          .answer = "<|im_start|>assistant\n"};
}

// Models that think before they answer unless told not to (Qwen3): the thought is given, empty.
ChatLayout chatml_no_thought() {
  ChatLayout layout = chatml();
  layout.name = "chatml-no-thought";
  layout.in_template = {"<|im_start|>", "enable_thinking"};
  layout.in_names = {};
  layout.markers = {"<|im_start|>", "<|im_end|>", "<think>", "</think>"};
  layout.answer = "<|im_start|>assistant\n<think>\n\n</think>\n\n";
  return layout;
}

ChatLayout llama3() {
  return {.name = "llama-3",
          .in_template = {"<|start_header_id|>", "<|eot_id|>"},
          .required = {"<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"},
          .in_names = kMadeForChat,
          .markers = {"<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"},
          .system = {"<|start_header_id|>system<|end_header_id|>\n\n", "<|eot_id|>"},
          .user = {"<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>"},
          .assistant = {"<|start_header_id|>assistant<|end_header_id|>\n\n", "<|eot_id|>"},
          .answer = "<|start_header_id|>assistant<|end_header_id|>\n\n",
          .bos = Bos::kAlways};
}

// gpt-oss. Little reasoning is asked for, and the answer begins in its final channel.
ChatLayout harmony() {
  return {.name = "harmony",
          .in_template = {"<|start|>", "<|channel|>"},
          .required = {"<|start|>", "<|channel|>", "<|message|>", "<|end|>"},
          .in_names = {"gpt-oss"},
          .markers = {"<|start|>", "<|channel|>", "<|message|>", "<|end|>"},
          .opening =
              "<|start|>system<|message|>You are a programming assistant.\nReasoning: low\n\n"
              "# Valid channels: analysis, commentary, final. Channel must be included for every "
              "message.<|end|>",
          .system = {"<|start|>developer<|message|># Instructions\n\n", "<|end|>"},
          .user = {"<|start|>user<|message|>", "<|end|>"},
          .assistant = {"<|start|>assistant<|channel|>final<|message|>", "<|end|>"},
          .answer = "<|start|>assistant<|channel|>final<|message|>",
          .bos = Bos::kNever};
}

// DeepSeek-V2.5, -V3, -R1 and its distilled models.
ChatLayout deepseek3() {
  return {.name = "deepseek-v3",
          .in_template = {"<｜User｜>", "<｜Assistant｜>"},
          .in_vocabulary = {"<｜User｜>", "<｜Assistant｜>"},
          .in_names = {"deepseek"},
          .markers = {"<｜User｜>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>"},
          .user = {"<｜User｜>", ""},
          .assistant = {"<｜Assistant｜>", "<｜end▁of▁sentence｜>"},
          .answer = "<｜Assistant｜>",
          .bos = Bos::kAlways};
}

// DeepSeek-V2 and -Coder-V2, Lite included.
ChatLayout deepseek2() {
  return {.name = "deepseek-v2",
          .in_template = {"User: ", "Assistant:"},
          .in_vocabulary = {"<｜end▁of▁sentence｜>"},
          .in_names = {"coder-v2-lite-instruct", "coder-v2-instruct", "v2-lite-chat", "v2-chat"},
          .markers = {"<｜end▁of▁sentence｜>"},
          .system = {"", "\n\n"},
          .user = {"User: ", "\n\n"},
          .assistant = {"Assistant: ", "<｜end▁of▁sentence｜>"},
          .answer = "Assistant:",
          .bos = Bos::kAlways};
}

// The first DeepSeek-Coder.
ChatLayout deepseek_coder() {
  return {.name = "deepseek-coder",
          .in_template = {"### Instruction:", "<|EOT|>"},
          .in_vocabulary = {"<|EOT|>", "<｜fim▁begin｜>"},
          .in_names = {"instruct"},
          .markers = {"<|EOT|>"},
          .system = {"", "\n"},
          .user = {"### Instruction:\n", "\n"},
          .assistant = {"### Response:\n", "\n<|EOT|>\n"},
          .answer = "### Response:\n",
          .bos = Bos::kAlways,
          .stop_strings = {"### Instruction:"}};
}

ChatLayout gemma() {
  return {.name = "gemma",
          .in_template = {"<start_of_turn>"},
          .required = {"<start_of_turn>", "<end_of_turn>"},
          .in_names = {"-it", "instruct"},
          .markers = {"<start_of_turn>", "<end_of_turn>"},
          .system = {"", "\n\n"},
          .user = {"<start_of_turn>user\n", "<end_of_turn>\n"},
          .assistant = {"<start_of_turn>model\n", "<end_of_turn>\n"},
          .answer = "<start_of_turn>model\n",
          .system_place = System::kFirstUser,
          .bos = Bos::kAlways};
}

ChatLayout granite() {
  return {.name = "granite",
          .in_template = {"<|start_of_role|>"},
          .required = {"<|start_of_role|>", "<|end_of_role|>", "<|end_of_text|>"},
          .in_names = {"instruct"},
          .markers = {"<|start_of_role|>", "<|end_of_role|>", "<|end_of_text|>"},
          .system = {"<|start_of_role|>system<|end_of_role|>", "<|end_of_text|>\n"},
          .user = {"<|start_of_role|>user<|end_of_role|>", "<|end_of_text|>\n"},
          .assistant = {"<|start_of_role|>assistant<|end_of_role|>", "<|end_of_text|>\n"},
          .answer = "<|start_of_role|>assistant<|end_of_role|>"};
}

ChatLayout granite_code() {
  return {.name = "granite-code",
          .in_template = {"Question:", "Answer:"},
          .in_vocabulary = {"<filename>"},
          .in_names = {"granite"},
          .system = {"System:\n", "\n\n"},
          .user = {"Question:\n", "\n\n"},
          .assistant = {"Answer:\n", "\n\n"},
          .answer = "Answer:\n",
          .stop_strings = {"\nQuestion:\n"}};
}

ChatLayout glm4() {
  return {.name = "glm-4",
          .in_template = {"[gMASK]", "<sop>", "<|assistant|>"},
          .required = {"[gMASK]", "<sop>", "<|user|>", "<|assistant|>"},
          .in_names = {"glm-4", "codegeex4"},
          .markers = {"[gMASK]", "<sop>", "<|system|>", "<|user|>", "<|assistant|>"},
          .opening = "[gMASK]<sop>",
          .system = {"<|system|>\n", ""},
          .user = {"<|user|>\n", ""},
          .assistant = {"<|assistant|>\n", ""},
          .answer = "<|assistant|>\n",
          .bos = Bos::kNever};
}

ChatLayout seed_coder() {
  const Words sentence = {"<[begin▁of▁sentence]>", "<[end▁of▁sentence]>"};
  return {.name = "seed-coder",
          .in_template = {"bos_token", "eos_token"},
          .required = sentence,
          .in_names = {"instruct"},
          .markers = sentence,
          .system = {"<[begin▁of▁sentence]>system\n", "\n\n<[end▁of▁sentence]>"},
          .user = {"<[begin▁of▁sentence]>user\n", "<[end▁of▁sentence]>"},
          .assistant = {"<[begin▁of▁sentence]>assistant\n", "<[end▁of▁sentence]>"},
          .answer = "<[begin▁of▁sentence]>assistant\n",
          .bos = Bos::kNever};
}

// CodeLlama-Instruct too. Its markers are plain text.
ChatLayout llama2() {
  return {.name = "llama-2",
          .in_template = {"[INST]", "<<SYS>>"},
          .in_vocabulary = {"<s>", "</s>"},
          .in_names = {"codellama", "code-llama", "llama-2"},
          .markers = {"<s>", "</s>"},
          .system = {"<<SYS>>\n", "\n<</SYS>>\n\n"},
          .user = {" [INST] ", " [/INST]"},
          .assistant = {" ", " </s><s>"},
          .system_place = System::kFirstUser,
          .bos = Bos::kAlways};
}

const Words kInstMarkers = {"[INST]", "[/INST]", "</s>"};

// Mistral's third form: the brackets are tokens. Codestral-22B.
ChatLayout mistral3() {
  return {.name = "mistral-v3",
          .in_template = {"[INST]"},
          .required = kInstMarkers,
          .in_names = {"codestral", "mistral", "instruct"},
          .markers = kInstMarkers,
          .system = {"", "\n\n"},
          .user = {"[INST] ", "[/INST]"},
          .assistant = {" ", "</s>"},
          .system_place = System::kLastUser,
          .bos = Bos::kAlways};
}

// The same over the tekken vocabulary, which opens no text with a blank.
ChatLayout mistral3_tekken() {
  ChatLayout layout = mistral3();
  layout.name = "mistral-v3-tekken";
  layout.pre = "tekken";
  layout.user = {"[INST]", "[/INST]"};
  layout.assistant = {"", "</s>"};
  return layout;
}

// With a system turn of its own: Devstral, Codestral of 2025.
ChatLayout mistral7_tekken() {
  ChatLayout layout = mistral3_tekken();
  layout.name = "mistral-v7-tekken";
  layout.in_template = {"[INST]", "[SYSTEM_PROMPT]"};
  layout.required = {"[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"};
  layout.in_names = {"devstral", "codestral"};
  layout.markers = {"[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "</s>"};
  layout.system = {"[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"};
  layout.system_place = System::kTurn;
  return layout;
}

// The first form: the brackets are plain text.
ChatLayout mistral1() {
  ChatLayout layout = mistral3();
  layout.name = "mistral-v1";
  layout.required = {};
  layout.in_vocabulary = {"<s>", "</s>"};
  layout.in_names = {"mistral", "mixtral"};
  layout.markers = {"</s>"};
  layout.user = {" [INST] ", " [/INST]"};
  layout.system_place = System::kFirstUser;
  return layout;
}

ChatLayout alpaca() {
  return {.name = "alpaca",
          .in_template = {"### Instruction:", "### Response:"},
          .system = {"", "\n\n"},
          .user = {"### Instruction:\n", "\n\n"},
          .assistant = {"### Response:\n", "\n\n"},
          .answer = "### Response:\n",
          .stop_strings = {"### Instruction:"}};
}

// Without the colons.
ChatLayout starcoder2() {
  return {.name = "starcoder2-instruct",
          .in_template = {"### Instruction", "### Response"},
          .in_vocabulary = {"<file_sep>"},
          .in_names = {"starcoder2-15b-instruct"},
          .markers = {"<|endoftext|>"},
          .system = {"", "\n\n"},
          .user = {"### Instruction\n", "\n\n"},
          .assistant = {"### Response\n", "<|endoftext|>"},
          .answer = "### Response\n",
          .bos = Bos::kAlways,
          .stop_strings = {"### Instruction"}};
}

}  // namespace

std::span<const ChatLayout> chat_layouts() {
  static const std::vector<ChatLayout> kLayouts = {
      chatml_no_thought(),
      chatml(),
      llama3(),
      harmony(),
      deepseek3(),
      deepseek2(),
      deepseek_coder(),
      gemma(),
      granite(),
      granite_code(),
      glm4(),
      seed_coder(),
      llama2(),
      mistral7_tekken(),
      mistral3_tekken(),
      mistral3(),
      mistral1(),
      alpaca(),
      starcoder2(),
  };
  return kLayouts;
}

}  // namespace curlew::model
