#include "model/decode/prefix_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "model/files/mapped_file.h"

namespace curlew::model {
namespace {

constexpr char kMagic[8] = {'C', 'U', 'R', 'L', 'E', 'W', 'K', 'V'};
constexpr std::uint32_t kFormatVersion = 1;

struct FileHeader {
  char magic[8];
  std::uint32_t version, nodes;
  std::uint64_t identity, block_bytes;
};
struct NodeHeader {
  std::int32_t parent, first_pos;
  std::uint32_t tokens, blocks;
  std::uint64_t checksum;  // of the tokens and blocks that follow
};

// Eight bytes at a time; finds damage, does not withstand malice.
class Checksum {
 public:
  void add(std::span<const std::byte> bytes) {
    for (; bytes.size() >= sizeof(std::uint64_t); bytes = bytes.subspan(sizeof(std::uint64_t))) {
      std::uint64_t word;
      std::memcpy(&word, bytes.data(), sizeof word);
      mix(word);
    }
    for (const std::byte byte : bytes) mix(static_cast<std::uint64_t>(byte) + 1);
  }
  std::uint64_t value() const { return state_; }

 private:
  void mix(std::uint64_t word) {
    state_ = (state_ ^ word) * 0x9e3779b97f4a7c15;
    state_ ^= state_ >> 32;
  }
  std::uint64_t state_ = 0x243f6a8885a308d3;
};

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

// Of a node's tokens and blocks.
std::uint64_t checksum_of(std::span<const TokenId> tokens, std::span<const std::byte> blocks,
                          std::size_t block_bytes) {
  Checksum sum;
  sum.add(std::as_bytes(tokens));
  for (; !blocks.empty(); blocks = blocks.subspan(block_bytes)) sum.add(blocks.first(block_bytes));
  return sum.value();
}

// A file that is removed again unless it was finished.
class NewFile {
 public:
  explicit NewFile(const std::filesystem::path& path)
      : path_(path),
        fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR)) {
    if (fd_ < 0) error_ = errno;
  }
  ~NewFile() {
    if (fd_ >= 0) ::close(fd_);
    if (!renamed_) ::unlink(path_.c_str());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void write(std::span<const std::byte> bytes) {
    while (error_ == 0 && !bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) error_ = errno;
      if (written > 0) bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }

  Status become(const std::filesystem::path& path) {
    if (error_ == 0 && ::rename(path_.c_str(), path.c_str()) != 0) error_ = errno;
    if (error_ != 0) return fail(Errc::kIo, "{}: {}", path.string(), std::strerror(error_));
    renamed_ = true;
    return {};
  }

 private:
  std::filesystem::path path_;
  int fd_, error_ = 0;
  bool renamed_ = false;
};

// Which nodes fit, as indices into the views; a node's parent always goes with it.
std::vector<int> choose_nodes(const std::vector<PrefixTree::View>& views, std::size_t block_bytes,
                              std::size_t bytes_max) {
  std::vector<int> chosen;
  std::vector<bool> kept(views.size());
  std::size_t bytes = sizeof(FileHeader);
  for (std::size_t i = 0; i < views.size(); ++i) {
    const PrefixTree::View& view = views[i];
    const std::size_t more =
        sizeof(NodeHeader) + view.tokens.size_bytes() + 4 + view.blocks.size() * block_bytes;
    const bool has_parent = view.parent < 0 || kept[static_cast<std::size_t>(view.parent)];
    if (!has_parent || bytes + more > bytes_max) continue;
    bytes += more;
    kept[i] = true;
    chosen.push_back(static_cast<int>(i));
  }
  return chosen;
}

// Reads the nodes of a file into a tree, each on the path of its parents.
class Restorer {
 public:
  Restorer(std::span<const std::byte> file, const std::filesystem::path& path, PrefixTree& tree,
           KvPool& pool)
      : left_(file), path_(path), tree_(tree), pool_(pool) {}

  Expected<int> run(std::uint64_t identity) {
    FileHeader header;
    if (!read(header) || std::memcmp(header.magic, kMagic, sizeof kMagic) != 0)
      return fail(Errc::kCorrupt, "{}: not a file of stored prefixes", path_.string());
    if (header.version != kFormatVersion || header.identity != identity ||
        header.block_bytes != pool_.block_bytes())
      return 0;
    const int before = tree_.tokens();
    bool has_room = true;
    for (std::uint32_t i = 0; i < header.nodes && has_room; ++i) {
      Expected<bool> added = add_node();
      if (!added) return std::move(added.error()).pass();
      has_room = *added;
    }
    for (auto text = texts_.rbegin(); text != texts_.rend(); ++text) tree_.open(*text);
    return tree_.tokens() - before;  // a node that stands in the file twice counts once
  }

 private:
  template <class T>
  bool read(T& value) {
    if (left_.size() < sizeof value) return false;
    std::memcpy(&value, left_.data(), sizeof value);
    left_ = left_.subspan(sizeof value);
    return true;
  }
  tl::unexpected<Error> damaged() const {
    return fail(Errc::kCorrupt, "{}: node {} is damaged or cut short", path_.string(),
                texts_.size());
  }

  // False: no free blocks for it.
  Expected<bool> add_node() {
    NodeHeader node;
    if (!read(node) || node.parent < -1 || node.parent >= static_cast<int>(texts_.size()))
      return damaged();
    std::vector<TokenId> text;
    if (node.parent >= 0) text = texts_[static_cast<std::size_t>(node.parent)];
    const std::size_t block_bytes = pool_.block_bytes();
    const std::uint64_t end = text.size() + std::uint64_t{node.tokens};
    const std::uint64_t first_block = text.size() / kernels::kKvBlockTokens;
    const std::uint64_t blocks =
        (end + kernels::kKvBlockTokens - 1) / kernels::kKvBlockTokens - first_block;
    const std::uint64_t token_bytes = std::uint64_t{node.tokens} * sizeof(TokenId);
    if (node.tokens == 0 || node.blocks != blocks ||
        node.first_pos != static_cast<std::int64_t>(text.size()) ||
        left_.size() / block_bytes < blocks || left_.size() - blocks * block_bytes < token_bytes)
      return damaged();
    const std::span<const std::byte> body = left_.first(token_bytes + blocks * block_bytes);
    left_ = left_.subspan(body.size());
    Checksum sum;
    sum.add(body.first(token_bytes));
    for (std::uint64_t i = 0; i < blocks; ++i)
      sum.add(body.subspan(token_bytes + i * block_bytes, block_bytes));
    if (sum.value() != node.checksum) return damaged();

    text.resize(end);
    std::memcpy(&text[end - node.tokens], body.data(), token_bytes);
    Expected<bool> added = insert(text, static_cast<int>(node.tokens), body.subspan(token_bytes));
    if (added && *added) texts_.push_back(std::move(text));
    return added;
  }

  Expected<bool> insert(std::vector<TokenId>& text, int tokens, std::span<const std::byte> blocks) {
    KvSequence sequence = tree_.open(text);
    const int first_pos = static_cast<int>(text.size()) - tokens;
    sequence.truncate(std::min(sequence.tokens(), first_pos));
    if (sequence.tokens() != first_pos || !sequence.reserve(tokens)) return false;
    const std::size_t block_bytes = pool_.block_bytes();
    for (std::size_t i = static_cast<std::size_t>(first_pos / kernels::kKvBlockTokens);
         !blocks.empty(); ++i, blocks = blocks.subspan(block_bytes))
      if (Status s = pool_.write(sequence.blocks()[i], blocks.first(block_bytes)); !s)
        return std::move(s.error()).pass();
    sequence.advance(tokens);
    tree_.insert(text, sequence);
    return true;
  }

  std::span<const std::byte> left_;
  const std::filesystem::path& path_;
  PrefixTree& tree_;
  KvPool& pool_;
  std::vector<std::vector<TokenId>> texts_;  // of every node, from its first token
};

}  // namespace

std::uint64_t prefix_identity(const ModelFile& file, const KvShape& shape,
                              std::span<const LowRank> adapter, Arithmetic arithmetic) {
  constexpr std::size_t kSampleBytes = 256;  // of each tensor's beginning and end
  Checksum sum;
  sum.add(bytes_of(arithmetic));
  for (const int part : {static_cast<int>(shape.type), shape.n_layers, shape.n_kv_heads,
                         shape.key_dim, shape.value_dim})
    sum.add(bytes_of(part));
  for (const ModelTensor& tensor : file.tensors()) {
    sum.add(std::as_bytes(std::span(tensor.name)));
    sum.add(bytes_of(tensor.type));
    sum.add(std::as_bytes(std::span(tensor.dims)));
    const std::size_t sample = std::min(kSampleBytes, tensor.bytes.size());
    sum.add(tensor.bytes.first(sample));
    sum.add(tensor.bytes.last(sample));
  }
  for (const LowRank& part : adapter) {
    sum.add(std::as_bytes(std::span(part.target)));
    sum.add(bytes_of(part.scale));
    for (const kernels::MatrixView& factor : {part.a, part.b}) {
      sum.add(bytes_of(factor.type));
      sum.add(bytes_of(factor.rows));
      sum.add({static_cast<const std::byte*>(factor.data),
               static_cast<std::size_t>(factor.rows) * factor.row_bytes()});
    }
  }
  return sum.value();
}

Status save_prefixes(const std::filesystem::path& path, const PrefixTree& tree, const KvPool& pool,
                     std::uint64_t identity, std::size_t bytes_max) {
  const std::vector<PrefixTree::View> views = tree.views();
  const std::size_t block_bytes = pool.block_bytes();
  const std::vector<int> chosen = choose_nodes(views, block_bytes, bytes_max);
  std::error_code ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);  // opening will say why not
  NewFile file(path.string() + fmt::format(".{}.new", ::getpid()));
  FileHeader header = {
      {}, kFormatVersion, static_cast<std::uint32_t>(chosen.size()), identity, block_bytes};
  std::ranges::copy(kMagic, header.magic);
  file.write(bytes_of(header));
  std::vector<int> place(views.size(), -1);  // of a view in the file
  std::vector<std::byte> blocks;             // of the view at work
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const PrefixTree::View& view = views[static_cast<std::size_t>(chosen[i])];
    place[static_cast<std::size_t>(chosen[i])] = static_cast<int>(i);
    blocks.resize(view.blocks.size() * block_bytes);
    for (std::size_t b = 0; b < view.blocks.size(); ++b)
      if (Status s = pool.read(view.blocks[b], std::span(blocks).subspan(b * block_bytes)); !s)
        return std::move(s.error()).during("store prefixes");
    const NodeHeader node = {
        .parent = view.parent < 0 ? -1 : place[static_cast<std::size_t>(view.parent)],
        .first_pos = view.first_pos,
        .tokens = static_cast<std::uint32_t>(view.tokens.size()),
        .blocks = static_cast<std::uint32_t>(view.blocks.size()),
        .checksum = checksum_of(view.tokens, blocks, block_bytes)};
    file.write(bytes_of(node));
    file.write(std::as_bytes(view.tokens));
    file.write(blocks);
  }
  Status done = file.become(path);
  if (!done) return std::move(done.error()).during("store prefixes");
  return {};
}

Expected<int> restore_prefixes(const std::filesystem::path& path, PrefixTree& tree, KvPool& pool,
                               std::uint64_t identity) {
  Expected<MappedFile> file = MappedFile::open(path);
  if (!file) {
    if (file.error().kind() == Errc::kNotFound) return 0;
    return std::move(file.error()).during("restore prefixes");
  }
  Expected<int> tokens = Restorer(file->bytes(), path, tree, pool).run(identity);
  if (!tokens) return std::move(tokens.error()).during("restore prefixes");
  return tokens;
}

}  // namespace curlew::model
