// A segment of the index (docs/formats/index.md). A first byte that is odd: any bytes as the file.
// Even: a body whose header and checksums are made to fit, so that damage to what the sections say
// is not found by the checksums alone. Whatever is read, every question gets an answer.

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstddef>
#include <cstring>

#include "indexer/segment/builder.h"
#include "indexer/segment/merge.h"
#include "indexer/segment/name_block.h"
#include "indexer/segment/name_sieve.h"
#include "indexer/segment/segment.h"
#include "tests/fuzz/fuzz_target.h"

namespace curlew::fuzz {
namespace {

using namespace curlew::indexer;  // NOLINT: a program of its own

constexpr std::size_t kHeaderBytes = sizeof(SegmentHeader);

Status keep(std::string& out, std::string_view part) {
  out += part;
  return {};
}

// The header's numbers are kept; its hashes, its size and the checksums are made right.
std::string repaired(std::string_view bytes) {
  SegmentHeader header;
  if (bytes.size() < kHeaderBytes) return std::string(bytes);
  std::memcpy(&header, bytes.data(), kHeaderBytes);
  const std::string_view body = bytes.substr(kHeaderBytes);
  header.body_bytes = body.size();
  std::string checksums;
  for (std::size_t at = 0; at < body.size(); at += kCheckedBlockBytes) {
    const std::string_view block = body.substr(at, kCheckedBlockBytes);
    const std::uint64_t hash = XXH3_64bits(block.data(), block.size());
    checksums.append(reinterpret_cast<const char*>(&hash), sizeof hash);
  }
  header.checksums_hash = XXH3_64bits(checksums.data(), checksums.size());
  header.header_hash = XXH3_64bits(&header, offsetof(SegmentHeader, header_hash));
  std::string out(reinterpret_cast<const char*>(&header), kHeaderBytes);
  out += body;
  return out + checksums;
}

void ask_about_document(const Segment& segment, std::uint32_t number) {
  const std::optional<DocumentRecord> record = segment.document(number);
  if (!record) return;
  (void)segment.language(*record);
  const DocumentRows rows = segment.rows(*record);
  const std::vector<std::uint32_t> names = rows.names();
  for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 8); ++i) {
    (void)segment.words().at(names[i]);
    (void)rows.references_to(static_cast<std::uint32_t>(i));
    (void)unpack_symbols(rows.symbols(), static_cast<std::uint32_t>(i));
  }
  promise(unpack_symbols(rows.symbols()).size() <= rows.symbols().size(), "symbols take bytes");
  (void)rows.imports();
  promise(rows.bases().size() <= record->rows_bytes, "bases take bytes");
  (void)rows.chunks();
  (void)segment.document_of_chunk(record->first_chunk);
}

void ask(const Segment::Ptr& segment) {
  for (std::uint32_t i = 0; i < std::min(segment->documents(), 64u); ++i)
    ask_about_document(*segment, i);
  (void)segment->documents_with(7);
  for (const std::string_view word : {"parse", "Other_3", "", "zzzz"}) {
    if (const std::optional<std::uint32_t> number = segment->words().find(word)) {
      promise(segment->words().at(*number) == word, "a word that is found is that word");
      for (PostingCursor use(segment->word_postings().at(*number).bytes, kWordFlagBits);
           use.next();)
        (void)segment->document(use.number());
    }
    (void)segment->terms().find(word);
  }
  segment->words_holding("art", [](std::uint32_t, std::string_view) { return true; });
  for (const std::string_view typed : {"Opn", "part", "o"}) {
    const NamePattern pattern(typed);
    NameSieve sieve(*segment, pattern);
    NameBlock block(pattern.typed());
    for (const NameMatch how :
         {NameMatch::kPrefix, NameMatch::kHumps, NameMatch::kPiece, NameMatch::kSpread}) {
      for (const NameGroups& groups : sieve.groups(how)) {
        (void)sieve.with_length(2, groups.word);
        block.begin(segment->words().block(groups.word * 64));
        while (block.next()) (void)pattern.match(block.name());
      }
    }
  }
  std::vector<MergeInput> inputs;
  const std::uint32_t documents = std::min(segment->documents(), 4096u);
  inputs.push_back({segment, std::vector<std::uint32_t>(documents, 0)});
  if (segment->documents() == documents && segment->header().words < 4096 &&
      segment->header().chunks < 4096) {
    number_documents(inputs);
    std::string out;
    (void)merge_segments(inputs, [&](std::string_view part) { return keep(out, part); });
  }
}

// Two small documents with something of everything; no parser, so that the target needs none.
ParsedFile parsed_file(const Language& language, std::string_view text, std::uint32_t name_at) {
  const Range whole = {.end_byte = static_cast<std::uint32_t>(text.size()), .end_line = 2};
  const Range name = {.start_byte = name_at, .end_byte = name_at + 5};
  ParsedFile parsed;
  parsed.language = &language;
  for (const char* symbol : {"parse", "Parts", "operator<<"})
    parsed.symbols.push_back(
        {.name = symbol, .range = whole, .name_range = name, .container = "ns"});
  for (const char* use : {"Other_3", "part", "part"}) parsed.references.push_back({use, {}, name});
  parsed.imports = {"os.path"};
  parsed.bases = {{.type = "Parts", .base = "Other_3", .line = 1}};
  parsed.chunks = {{whole, "parse"}};
  return parsed;
}

std::string good_segment() {
  static constexpr Language kLanguage = {.name = "python"};
  SegmentBuilder builder;
  DraftMaker drafts;
  for (const std::string_view text : {"def parse(part):\n    return Other_3(part)\n",
                                      "class Parts:\n    def open(self):\n        pass\n"}) {
    const std::uint32_t signatures[] = {5, 6, 7};
    builder.add(drafts.make(text, text.size(), parsed_file(kLanguage, text, 4), signatures));
  }
  std::string out;
  (void)builder.finish([&](std::string_view part) { return keep(out, part); });
  return out;
}

// As many as it takes for trigrams and rows of names.
std::string segment_of_many_words() {
  SegmentAssembler segment;
  for (std::uint32_t i = 0; i < kNameRowsFrom; ++i) {
    std::string word = "part_a0000";
    for (std::uint32_t at = 9, left = i; left > 0; left /= 10, --at)
      word[at] = static_cast<char>('0' + left % 10);
    segment.add_word(word, "", i % 3 == 0);
  }
  std::string out;
  (void)segment.finish([&](std::string_view part) { return keep(out, part); });
  return out;
}

std::string without_its_checksums(const std::string& segment) {
  SegmentHeader header;
  std::memcpy(&header, segment.data(), kHeaderBytes);
  return segment.substr(0, kHeaderBytes + header.body_bytes);
}

}  // namespace

std::vector<Bytes> good_inputs() {
  const std::string segment = good_segment();
  const auto input = [](char first, const std::string& bytes) {
    std::string all(1, first);
    all.append(bytes);
    return to_bytes(all);
  };
  return {input('\1', segment), input('\0', without_its_checksums(segment)),
          input('\0', without_its_checksums(segment_of_many_words()))};
}

void break_one_place(Bytes& input, Dice& dice) {
  if (input.size() < 1 + kHeaderBytes || dice.one_in(3)) return break_bytes(input, dice);
  // A number of the header, or four bytes of a section, become something odd.
  const bool in_header = dice.one_in(2);
  const std::size_t words = (in_header ? kHeaderBytes : input.size() - 1) / 4;
  const std::size_t at = 1 + 4 * dice.below(words);
  const auto odd = static_cast<std::uint32_t>(dice.odd_number_near(input.size()));
  if (at + sizeof odd <= input.size()) std::memcpy(input.data() + at, &odd, sizeof odd);
}

}  // namespace curlew::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace curlew::fuzz;     // NOLINT: one function
  using namespace curlew::indexer;  // NOLINT
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  Expected<Segment::Ptr> segment =
      Segment::from_bytes(data[0] & 1 ? std::string(bytes) : repaired(bytes));
  if (segment) ask(*segment);
  return 0;
}
