#include "model/files/adapter_file.h"

#include <new>
#include <optional>

#include "model/files/adapter_parts.h"
#include "model/files/hf_adapter.h"

namespace curlew::model {
namespace {

// The target of a factor by its name, "blk.0.attn_q.weight.lora_a".
struct FactorName {
  std::string_view target;
  Factor factor;
};
std::optional<FactorName> factor_name(std::string_view name) {
  constexpr std::string_view kA = ".lora_a", kB = ".lora_b";
  if (name.ends_with(kA)) return FactorName{name.substr(0, name.size() - kA.size()), Factor::kA};
  if (name.ends_with(kB)) return FactorName{name.substr(0, name.size() - kB.size()), Factor::kB};
  return std::nullopt;
}

Status check_text(const ModelFile& file, std::string_view key, std::string_view want) {
  const Expected<std::string_view> found = file.string(key);
  if (!found) return Error(found.error()).pass();
  if (*found != want)
    return fail(Errc::kUnsupported, "{}: {} is \"{}\", expected \"{}\"", file.name(), key, *found,
                want);
  return {};
}

// That it is a LoRA adapter, and of the model's architecture.
Status check_kind(const ModelFile& file, const ModelFile& base) {
  if (Status s = check_text(file, "general.type", "adapter"); !s) return s;
  if (Status s = check_text(file, "adapter.type", "lora"); !s) return s;
  if (file.find("adapter.alora.invocation_tokens") != nullptr)
    return fail(Errc::kUnsupported, "{}: adapters with invocation tokens cannot be applied",
                file.name());
  const Expected<std::string_view> made_for = file.string("general.architecture");
  const Expected<std::string_view> model = base.string("general.architecture");
  if (!made_for) return Error(made_for.error()).pass();
  if (!model) return Error(model.error()).pass();
  if (*made_for != *model)
    return fail(Errc::kInvalidInput, "{}: made for the architecture {}; {} is a {}", file.name(),
                *made_for, base.name(), *model);
  return {};
}

}  // namespace

Expected<AdapterFile> AdapterFile::from_gguf(const std::shared_ptr<const ModelFile>& file,
                                             const ModelFile& base) {
  if (Status s = check_kind(*file, base); !s) return std::move(s.error()).pass();
  AdapterParts parts(base, file->name());
  for (const ModelTensor& tensor : file->tensors()) {
    const std::optional<FactorName> name = factor_name(tensor.name);
    if (!name)
      return fail(Errc::kUnsupported, "{}: tensor {} is no factor (.lora_a, .lora_b)", file->name(),
                  tensor.name);
    if (Status s = parts.add(name->target, name->factor, tensor); !s)
      return std::move(s.error()).pass();
  }
  const Expected<double> alpha = file->number("adapter.lora.alpha", 0.);
  if (!alpha) return Error(alpha.error()).pass();
  Expected<std::vector<LowRank>> paired =
      parts.finish([&](const std::string&, std::int64_t rank) -> Expected<double> {
        return *alpha == 0 ? 1. : *alpha / static_cast<double>(rank);
      });
  if (!paired) return std::move(paired.error()).pass();
  AdapterFile adapter;
  adapter.name_ = file->name();
  adapter.storage_.push_back(file);
  adapter.parts_ = std::move(*paired);
  return adapter;
}

Expected<AdapterFile> AdapterFile::parse(std::span<const std::byte> bytes, std::string name,
                                         const ModelFile& base) {
  Expected<ModelFile> file = ModelFile::parse(bytes, std::move(name));
  if (!file) return std::move(file.error()).pass();
  return from_gguf(std::make_shared<const ModelFile>(std::move(*file)), base);
}

Expected<AdapterFile> AdapterFile::open(const std::filesystem::path& path,
                                        const ModelFile& base) try {
  std::error_code ignored;
  const auto read = [&]() -> Expected<AdapterFile> {
    if (std::filesystem::is_directory(path, ignored)) return HfAdapterReader::read(path, base);
    Expected<ModelFile> file = ModelFile::open(path);
    if (!file) return std::move(file.error()).pass();
    return from_gguf(std::make_shared<const ModelFile>(std::move(*file)), base);
  };
  Expected<AdapterFile> adapter = read();
  if (!adapter) return std::move(adapter.error()).during("open adapter");
  return adapter;
} catch (const std::bad_alloc&) {
  return fail(Errc::kOutOfMemory, "open adapter {}: not enough memory", path.string());
}

}  // namespace curlew::model
