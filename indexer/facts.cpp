#include "indexer/facts.h"

#include <algorithm>
#include <cmath>

#include "indexer/rank.h"

namespace curlew::indexer {
namespace {

constexpr std::size_t kSignatureWordsMax = 24;
constexpr std::size_t kSymbolsPerFileMax = 4000;  // of generated tables the first ones do

bool has_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_word_byte(text[at - 1])) &&
        (end == text.size() || !is_word_byte(text[end])))
      return true;
  }
  return false;
}

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

// By the languages' own marks; where they say nothing, everybody may.
Visibility visibility_of(const Language& language, const SymbolRow& row,
                         std::string_view signature) {
  const std::string_view name = language.name;
  const bool is_function = row.kind == SymbolKind::kFunction || row.kind == SymbolKind::kVariable;
  if ((name == "c" || name == "cpp" || name == "cuda") && is_function) {
    const bool is_source = !row.path.ends_with(".h") && !row.path.ends_with(".hpp");
    if (is_source && row.container.empty() && has_word(signature, "static"))
      return Visibility::kFile;
  }
  if (name == "java" || name == "c_sharp" || name == "php") {
    if (has_word(signature, "private")) return Visibility::kFile;
  }
  if (name == "go" && !row.name.empty() && !is_upper(row.name[0])) return Visibility::kPackage;
  if (name == "python" && row.name.starts_with("_") && !row.name.starts_with("__"))
    return Visibility::kPackage;
  return Visibility::kEverywhere;
}

SymbolFacts facts_of(const Language* language, SymbolRow row, std::string_view text) {
  SymbolFacts facts;
  facts.name = name_hash(row.name);
  if (!row.container.empty()) facts.owner = name_hash(last_part(row.container));
  facts.pieces = piece_hashes(row.name);
  if (row.start_byte < text.size()) {
    const std::string_view signature = text.substr(row.start_byte, row.signature_bytes);
    for_each_word(signature, [&](Word word) {
      if (facts.signature.size() < kSignatureWordsMax && word.text != row.name &&
          !is_keyword(word.text))
        facts.signature.push_back(name_hash(word.text));
    });
    if (language) facts.visibility = visibility_of(*language, row, signature);
  }
  facts.row = std::move(row);
  return facts;
}

Expected<FileFactsPtr> gather(View& view, const std::string& path, const std::string& text) {
  Expected<std::vector<SymbolRow>> rows = view.symbols_of(path);
  if (!rows) return std::move(rows.error()).pass();
  Expected<std::vector<std::string>> imports = view.imports_of(path);
  if (!imports) return std::move(imports.error()).pass();
  auto facts = std::make_shared<FileFacts>();
  facts->path = path;
  facts->language = language_of(path, std::string_view(text).substr(0, 256));
  facts->words = word_set(text);
  facts->imports = std::move(*imports);
  facts->stem = name_hash(bare_stem(path));
  facts->stem_pieces = piece_hashes(bare_stem(path));
  Expected<std::vector<BaseRow>> bases = view.bases_of(path);
  if (!bases) return std::move(bases.error()).pass();
  for (const BaseRow& row : *bases)
    facts->bases.push_back({name_hash(row.type), name_hash(last_part(row.base))});
  if (rows->size() > kSymbolsPerFileMax) rows->resize(kSymbolsPerFileMax);
  for (SymbolRow& row : *rows)
    facts->symbols.push_back(facts_of(facts->language, std::move(row), text));
  for (SymbolFacts& symbol : facts->symbols) {
    Expected<int> users = view.reader().files_using(symbol.row.name, rank::kUsersLookedAt);
    if (!users) return std::move(users.error()).pass();
    symbol.popularity = static_cast<float>(std::log1p(*users) / std::log1p(rank::kUsersLookedAt));
  }
  return FileFactsPtr(std::move(facts));
}

}  // namespace

std::string_view bare_stem(std::string_view path) {
  std::string_view stem = path.substr(path.rfind('/') + 1);
  stem = stem.substr(0, stem.find('.', 1));
  for (std::string_view mark : {"test_", "Test"}) {
    if (stem.size() > mark.size() + 1 && stem.starts_with(mark)) stem.remove_prefix(mark.size());
  }
  for (std::string_view mark :
       {"_test", "-test", "_spec", "Tests", "TestCase", "Test", "_unittest"}) {
    if (stem.size() > mark.size() + 1 && stem.ends_with(mark)) {
      stem.remove_suffix(mark.size());
      break;
    }
  }
  return stem;
}

std::vector<std::uint32_t> piece_hashes(std::string_view name) {
  std::vector<std::uint32_t> hashes;
  for (const std::string& piece : split_identifier(name)) {
    if (piece.size() > 1) hashes.push_back(name_hash(piece));
  }
  return hashes;
}

std::string_view last_part(std::string_view container) {
  const std::size_t last = container.find_last_of(":.");
  return last == container.npos ? container : container.substr(last + 1);
}

FileFactsPtr FactsCache::find(const std::string& path, std::uint64_t hash,
                              const std::shared_ptr<const std::string>& text) {
  std::lock_guard lock(mutex_);
  const auto found = by_path_.find(path);
  if (found == by_path_.end()) return nullptr;
  const Entry& entry = *found->second;
  const bool same = text ? entry.text.lock() == text : entry.hash == hash && entry.hash != 0;
  if (!same) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return entry.facts;
}

void FactsCache::keep(Entry entry) {
  std::lock_guard lock(mutex_);
  if (const auto old = by_path_.find(entry.path); old != by_path_.end()) {
    symbols_ -= old->second->facts->symbols.size();
    entries_.erase(old->second);
    by_path_.erase(old);
  }
  symbols_ += entry.facts->symbols.size();
  entries_.push_front(std::move(entry));
  by_path_[entries_.front().path] = entries_.begin();
  while (symbols_ > kSymbolsMax && entries_.size() > 1) {
    symbols_ -= entries_.back().facts->symbols.size();
    by_path_.erase(entries_.back().path);
    entries_.pop_back();
  }
}

Expected<FileFactsPtr> FactsCache::get(View& view, const std::string& path) {
  const Document* open = view.document(path);
  std::uint64_t hash = 0;
  if (!open) {
    Expected<std::optional<FileRow>> row = view.reader().file(path);
    if (!row) return std::move(row.error()).pass();
    if (!*row || (*row)->skip != SkipReason::kNone) return FileFactsPtr();
    hash = (*row)->hash;
  }
  if (FileFactsPtr known = find(path, hash, open ? open->text : nullptr)) return known;
  const std::shared_ptr<const std::string> text = open ? open->text : view.text(path);
  if (!text) return FileFactsPtr();
  Expected<FileFactsPtr> facts = gather(view, path, *text);
  if (facts) keep({path, hash, open ? open->text : nullptr, *facts});
  return facts;
}

}  // namespace curlew::indexer
