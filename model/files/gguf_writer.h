// Writes GGUF version 3, as docs/formats/gguf.md has it, so that llama.cpp reads it too: tensors in
// the order of their infos without gaps, numbers in the types that its reader insists on.
//
//   GgufHeader header;
//   header.set("general.architecture", std::string_view("llama"));
//   header.add("token_embd.weight", kernels::WeightType::kQ8_0, {192, 8192});
//   Expected<GgufOutput> out = GgufOutput::create(path, header);
//   out->append(bytes);        // each tensor's, in the header's order, in pieces of any size
//   out->finish();             // only now is there a file at `path`
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "model/error.h"
#include "model/files/model_file.h"

namespace curlew::model {

inline constexpr std::uint64_t kGgufWrittenAlignment = 32;
inline constexpr std::size_t kGgufWrittenNameBytesMax = 63;  // what llama.cpp has room for

// Everything before the data. Errors: a key or name that stands already, a value that its type
// cannot hold, a name or shape that readers refuse.
class GgufHeader {
 public:
  // `type` is that of the value, or of an array's elements. Without one: u32 where it fits, else
  // i32, else i64; i32 (else i64) for arrays; f32; what llama.cpp expects of every key it reads.
  Status set(std::string_view key, const MetadataValue& value,
             std::optional<GgufValueType> type = std::nullopt);

  // dims[0] is contiguous, and a multiple of the type's block.
  Status add(std::string_view name, kernels::WeightType type,
             const std::vector<std::int64_t>& dims);

  std::string bytes() const;  // up to where the data begins, padding included
  const std::vector<std::uint64_t>& tensor_bytes() const { return tensor_bytes_; }
  std::uint64_t file_bytes() const;

 private:
  std::uint64_t key_count_ = 0;
  std::string metadata_, infos_;
  std::unordered_set<std::string> keys_, names_;
  std::vector<std::uint64_t> tensor_bytes_;  // without padding
  std::uint64_t data_bytes_ = 0;             // with it
};

// A file that is there whole or not at all: bytes go to a temporary file beside it, which finish()
// renames, and which is gone when this object is destroyed before. Not thread-safe.
class GgufOutput {
 public:
  static Expected<GgufOutput> create(const std::filesystem::path& path, const GgufHeader& header);
  ~GgufOutput();
  GgufOutput(GgufOutput&& other) noexcept;
  GgufOutput& operator=(GgufOutput&&) = delete;

  // The next bytes of the current tensor. More than it has left is our caller's mistake: kInternal.
  Status append(std::span<const std::byte> bytes);

  // Replaces what stood at the path. kInternal when a tensor is incomplete.
  Status finish();

 private:
  GgufOutput(std::filesystem::path path, std::string temporary, int file);
  Status write(const void* data, std::size_t bytes);
  Status pad();

  std::filesystem::path path_;
  std::string temporary_;  // empty once renamed
  int file_ = -1;
  std::vector<std::uint64_t> tensor_bytes_;
  std::size_t tensor_idx_ = 0;
  std::uint64_t tensor_written_ = 0;
};

}  // namespace curlew::model
