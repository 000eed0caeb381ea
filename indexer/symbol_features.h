// What speaks for a symbol at a place: its features, of rank.h. Names that stand before the cursor ("seen") and
// names that do not have features of their own.
//
// Those that all symbols of a file share are asked for once a file. Immutable; thread-safe.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "indexer/context.h"
#include "indexer/rank.h"
#include "indexer/reach.h"
#include "indexer/visible.h"

namespace curlew::indexer {

// How much the chunks that are like the text at the cursor use a name, by its name_hash: 0..1.
using UsedAlike = FlatMap<double>;

// Those that are not 0, each once.
class FeatureList {
 public:
  struct Item {
    int feature;
    float value;
  };

  void set(int feature, double value) {
    if (value != 0) items_[count_++] = {feature, static_cast<float>(value)};
  }
  std::span<const Item> items() const { return {items_.data(), count_}; }

 private:
  std::array<Item, rank::kFeatureCount> items_;
  std::size_t count_ = 0;
};

// Names of all candidates, with what the files of the neighbourhood do with them.
class Neighbourhood {
 public:
  struct Name {
    int definers = 0, users = 0;
    double used = 0;
    const ReachedFile* last_definer = nullptr;
  };

  explicit Neighbourhood(const ReachedFiles& files);
  // Of a symbol of these files.
  const Name& name(std::uint32_t hash) const { return *names_.find(hash); }
  // The share of the neighbouring files that use the name, those counted more that are more alike.
  // The definer's own use says nothing.
  double used_by(const Name& name, const ReachedFile& definer) const;

 private:
  FlatMap<Name> names_{4096};
  double all_ = 1e-9;
};

// Of one file: which of its symbols stand before the cursor, and what its name has to do with it.
struct FileView {
  double near = 0;  // the nearest of them
  int count = 0;
  std::vector<std::uint32_t> owners;  // of them
  std::vector<std::size_t> places;    // their places among the file's symbols
  bool is_used = false;               // one of them by more than an import
  bool is_package = false;            // of the folder, in a language where that needs no import
  double stem_near = 0, stem_used = 0, stem_pieces = 0;
};

// Of one query: refers to all that it is given.
class SymbolFeatures {
 public:
  SymbolFeatures(const Place& place, const VisibleText& visible, const ReachedFiles& files,
                 const UsedAlike& alike);

  FileView look_at(const ReachedFile& file) const;
  // False of what the prompt shows anyway, and of what cannot be named here.
  bool is_candidate(const SymbolFacts& symbol, const ReachedFile& file) const;
  // Null where the name does not stand before the cursor.
  const SeenWord* seen(const SymbolFacts& symbol) const { return visible_.words.find(symbol.name); }

  // What the seen, or the other, symbols of a file share.
  void describe_file(const ReachedFile& file, const FileView& view, bool seen,
                     FeatureList& features) const;
  // All else.
  void describe(const SymbolFacts& symbol, const ReachedFile& file, const FileView& view,
                const SeenWord* seen, FeatureList& features) const;

 private:
  void describe_use(const SymbolFacts& symbol, const Neighbourhood::Name& name,
                    const SeenWord& seen, FeatureList& features) const;
  void describe_symbol(const SymbolFacts& symbol, const ReachedFile& file,
                       const Neighbourhood::Name& name, bool seen, FeatureList& features) const;
  void describe_fit(const SymbolFacts& symbol, const ReachedFile& file,
                    const Neighbourhood::Name& name, bool seen, FeatureList& features) const;
  void describe_owner(const SymbolFacts& symbol, bool seen, FeatureList& features) const;
  void describe_company(const SymbolFacts& symbol, const ReachedFile& file, const FileView& others,
                        FeatureList& features) const;

  const Place& place_;
  const VisibleText& visible_;
  const UsedAlike& alike_;
  const Neighbourhood neighbourhood_;
  const FlatMap<double> returned_;  // types that definitions of names near have in their heads
  const FlatMap<bool> above_;       // what the types of this file inherit from
  FlatMap<double> own_pieces_;      // of the file's name
  const bool in_test_;
};

}  // namespace curlew::indexer
