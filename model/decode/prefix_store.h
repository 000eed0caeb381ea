// The prefix tree on disk, so that the first request after a restart finds its prompt evaluated.
//
// The file holds what one model computed (docs/formats/prefixes.md): it is used only where the
// identity, which stands for the model's content and everything that decides its numbers, and the
// cache's shape agree. It holds tokens of the user's texts and is readable by the user alone.
// Private to model/decode.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "model/decode/prefix_tree.h"
#include "model/error.h"
#include "model/files/adapter_file.h"
#include "model/files/model_file.h"
#include "model/network/kv_cache.h"

namespace curlew::model {

// Whose last bits they are: what one device evaluated is not continued on another. A kind gets a
// new number whenever it may give the same tokens other keys and values than before.
enum class Arithmetic : std::uint64_t { kCpu = 1, kCard = 2 };

// Changes with the tensors, the adapter's parts (none: no adapter), the cache's shape and the
// arithmetic.
std::uint64_t prefix_identity(const ModelFile& file, const KvShape& shape,
                              std::span<const LowRank> adapter = {},
                              Arithmetic arithmetic = Arithmetic::kCpu);

// Writes the most recently used branches that fit `bytes_max`, whole or not at all: into a file
// beside `path`, which then takes its name.
Status save_prefixes(const std::filesystem::path& path, const PrefixTree& tree, const KvPool& pool,
                     std::uint64_t identity, std::size_t bytes_max);

// Adds what the file holds to the tree, as far as free blocks go. Returns how many tokens; 0 where
// there is no file, or it is of another model. A damaged file is an Error, and what stood before
// the damage is used.
Expected<int> restore_prefixes(const std::filesystem::path& path, PrefixTree& tree, KvPool& pool,
                               std::uint64_t identity);

}  // namespace curlew::model
