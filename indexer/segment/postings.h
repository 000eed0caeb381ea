// Lists of ascending numbers, one for each string of a dictionary, in blocks of 16 lists.
//
//   list     bytes << 1 | marked, then varints: (distance from the last number) << bits | flags
//
// A list is skipped by its length, so finding the last one of a block costs 15 steps.
#pragma once

#include <string>
#include <string_view>

#include "indexer/packed.h"
#include "indexer/segment/checked_bytes.h"

namespace curlew::indexer {

// One list: what follows its length.
struct PostingList {
  std::string_view bytes;
  bool marked = false;  // of words: some document defines it
};

class PostingsWriter {
 public:
  void add(std::string_view list, bool marked);
  std::string lists, blocks;  // the two sections

 private:
  std::uint32_t count_ = 0;
};

// Appends numbers, ascending, to a list.
class PostingPacker {
 public:
  PostingPacker(std::string& out, std::uint32_t flag_bits) : out_(out), flag_bits_(flag_bits) {}
  void add(std::uint32_t number, std::uint32_t flags) {
    append_varint(out_, std::uint64_t{number - last_} << flag_bits_ | flags);
    last_ = number;
  }

 private:
  std::string& out_;
  std::uint32_t flag_bits_, last_ = 0;
};

// Goes through one list: while (cursor.next()) use(cursor.number(), cursor.flags());
class PostingCursor {
 public:
  PostingCursor(std::string_view list, std::uint32_t flag_bits)
      : reader_(list), flag_bits_(flag_bits) {}
  bool next() {
    if (reader_.done()) return false;
    const std::uint64_t value = reader_.next();
    if (reader_.broken()) return false;
    number_ += static_cast<std::uint32_t>(value >> flag_bits_);
    flags_ = static_cast<std::uint32_t>(value) & ((1u << flag_bits_) - 1);
    return true;
  }
  std::uint32_t number() const { return number_; }
  std::uint32_t flags() const { return flags_; }

 private:
  VarintReader reader_;
  std::uint32_t flag_bits_, number_ = 0, flags_ = 0;
};

class Postings {
 public:
  Postings() = default;
  Postings(Section lists, Section blocks, std::uint32_t count)
      : lists_(lists), blocks_(blocks), count_(count) {}
  PostingList at(std::uint32_t i) const;
  // Goes through all lists from `first` on, as Dictionary::scan does through the strings.
  class Walk {
   public:
    Walk(const Postings& postings, std::uint32_t first) : postings_(postings), next_(first) {}
    PostingList next();

   private:
    const Postings& postings_;
    std::uint32_t next_;
    VarintReader block_{{}};
    bool in_block_ = false;
  };

 private:
  std::string_view block(std::uint32_t i) const;

  Section lists_, blocks_;
  std::uint32_t count_ = 0;
};

}  // namespace curlew::indexer
