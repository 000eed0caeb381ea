// The file of stored prefixes (docs/formats/prefixes.md). A first byte that is odd: any bytes as
// the file. Even: the numbers of its header and nodes, from which the file is made with checksums
// that are right, so that damage to the numbers is not found by them alone. Whatever is read, the
// tree keeps its promises.

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "model/decode/prefix_store.h"
#include "tests/fuzz/fuzz_target.h"

namespace curlew::fuzz {
namespace {

using namespace curlew::model;  // NOLINT: a program of its own

constexpr KvShape kShape = {
    .type = kernels::KvType::kF16, .n_layers = 1, .n_kv_heads = 1, .key_dim = 2, .value_dim = 2};
constexpr int kBlocks = 8;
constexpr std::uint64_t kIdentity = 0x1122334455667788;
constexpr std::size_t kBodyBytesMax = 1 << 11;  // of a node

// As in the file.
struct Header {
  char magic[8];
  std::uint32_t version, nodes;
  std::uint64_t identity, block_bytes;
};
struct NodeNumbers {
  std::int32_t parent, first_pos;
  std::uint32_t tokens, blocks;
};

Header good_header(std::uint32_t nodes) {
  Header header = {{}, 1, nodes, kIdentity, kShape.block_bytes()};
  std::memcpy(header.magic, "CURLEWKV", sizeof header.magic);
  return header;
}

template <class T>
void append(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// The store's checksum, written down a second time: only with it is anything behind it tested.
std::uint64_t checksum(std::string_view tokens, std::string_view blocks) {
  std::uint64_t state = 0x243f6a8885a308d3;
  const auto mix = [&](std::uint64_t word) {
    state = (state ^ word) * 0x9e3779b97f4a7c15;
    state ^= state >> 32;
  };
  const auto add = [&](std::string_view bytes) {
    for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
      std::uint64_t word;
      std::memcpy(&word, bytes.data(), 8);
      mix(word);
    }
    for (const char byte : bytes) mix(static_cast<unsigned char>(byte) + std::uint64_t{1});
  };
  add(tokens);
  add(blocks);  // a whole number of words each
  return state;
}

// Node i's tokens count up from the byte that follows its numbers.
std::string file_of(std::span<const std::uint8_t> input) {
  constexpr std::size_t kNodeBytes = sizeof(NodeNumbers) + 1;
  std::string file;
  if (input.size() < sizeof(Header)) return file;
  file.append(as_text(input.first(sizeof(Header))));
  for (input = input.subspan(sizeof(Header)); input.size() >= kNodeBytes;
       input = input.subspan(kNodeBytes)) {
    NodeNumbers node;
    std::memcpy(&node, input.data(), sizeof node);
    std::string tokens, blocks(std::min(kBodyBytesMax, node.blocks * kShape.block_bytes()), 'b');
    const auto count = std::min<std::size_t>(node.tokens, kBodyBytesMax / sizeof(TokenId));
    for (std::size_t i = 0; i < count; ++i)
      append(tokens, static_cast<TokenId>(input[sizeof node] + i));
    append(file, node);
    append(file, checksum(tokens, blocks));
    file += tokens + blocks;
  }
  return file;
}

// A file without a name.
class MemoryFile {
 public:
  MemoryFile() : fd_(::memfd_create("curlew", MFD_CLOEXEC)) { promise(fd_ >= 0, "memory"); }
  std::filesystem::path hold(std::string_view bytes) const {
    const auto size = static_cast<off_t>(bytes.size());
    const bool held =
        ::ftruncate(fd_, size) == 0 && ::pwrite(fd_, bytes.data(), bytes.size(), 0) == size;
    promise(held, "memory");
    return "/proc/self/fd/" + std::to_string(fd_);
  }

 private:
  int fd_;
};

void check_tree(PrefixTree& tree, const KvPool& pool, int restored) {
  promise(restored >= 0 && restored == tree.tokens(), "what came is in the tree");
  for (const PrefixTree::View& view : tree.views()) {
    promise(!view.tokens.empty() && view.first_pos >= 0, "a node has tokens");
    for (const int block : view.blocks)
      promise(block >= 0 && block < pool.capacity(), "blocks are the pool's");
  }
  std::vector<TokenId> text;
  for (TokenId id = 0; id < 200; ++id) text.push_back(id);
  const KvSequence past = tree.open(text);
  promise(past.tokens() < static_cast<int>(text.size()), "there is something to evaluate");
}

Bytes input_of(std::initializer_list<std::pair<NodeNumbers, std::uint8_t>> nodes) {
  std::string input(1, '\0');
  append(input, good_header(static_cast<std::uint32_t>(nodes.size())));
  for (const auto& [numbers, first_token] : nodes) {
    append(input, numbers);
    append(input, first_token);
  }
  return to_bytes(input);
}

}  // namespace

std::vector<Bytes> good_inputs() {
  return {
      input_of({{{-1, 0, 10, 1}, 0}}),
      input_of({{{-1, 0, 100, 2}, 0}, {{0, 100, 30, 2}, 100}, {{0, 100, 5, 1}, 7}}),
      input_of(
          {{{-1, 0, 64, 1}, 0}, {{-1, 0, 3, 1}, 90}, {{0, 64, 64, 1}, 64}, {{2, 128, 1, 1}, 3}}),
      to_bytes("\1CURLEWKV")};
}

void break_one_place(Bytes& input, Dice& dice) {
  constexpr std::size_t kHeadBytes = 1 + sizeof(Header), kNodeBytes = sizeof(NodeNumbers) + 1;
  if (input.size() < kHeadBytes + kNodeBytes || dice.one_in(10)) return break_bytes(input, dice);
  const std::size_t nodes = (input.size() - kHeadBytes) / kNodeBytes;
  const std::size_t node = kHeadBytes + dice.below(nodes) * kNodeBytes;
  if (dice.one_in(6)) {  // another one like it
    const Bytes copy(input.begin() + static_cast<std::ptrdiff_t>(node),
                     input.begin() + static_cast<std::ptrdiff_t>(node + kNodeBytes));
    input.insert(input.end(), copy.begin(), copy.end());
    ++input[13];  // the count of nodes, at byte 12 of the header
    return;
  }
  const bool header = dice.one_in(8);
  const std::size_t at = header ? 1 + 8 + 4 * dice.below(6) : node + 4 * dice.below(4);
  std::uint32_t value;
  std::memcpy(&value, &input[at], sizeof value);
  value = static_cast<std::uint32_t>(dice.odd_number_near(value));
  std::memcpy(&input[at], &value, sizeof value);
  if (dice.one_in(4)) input[node + sizeof(NodeNumbers)] = static_cast<std::uint8_t>(dice.word());
}

}  // namespace curlew::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace curlew;  // NOLINT: one function
  if (size < 1) return 0;
  static const fuzz::MemoryFile memory;
  static const auto pool = std::move(*model::KvPool::create(fuzz::kShape, fuzz::kBlocks));
  const std::span<const std::uint8_t> rest(data + 1, size - 1);
  const auto path =
      memory.hold(data[0] % 2 == 1 ? std::string(fuzz::as_text(rest)) : fuzz::file_of(rest));
  model::PrefixTree tree(*pool);
  const auto tokens = model::restore_prefixes(path, tree, *pool, fuzz::kIdentity);
  if (!tokens)
    fuzz::promise(tokens.error().message().find(path.string()) != std::string::npos,
                  "an error names the file");
  fuzz::check_tree(tree, *pool, tokens ? *tokens : tree.tokens());
  tree.clear();
  fuzz::promise(pool->free_count() == pool->capacity(), "every block comes back");
  return 0;
}
