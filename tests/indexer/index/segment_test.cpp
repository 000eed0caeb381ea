// Segments: what goes in comes out, whatever is done to the bytes.
#include "indexer/segment/segment.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "indexer/rank.h"
#include "indexer/search_names.h"
#include "indexer/segment/builder.h"
#include "indexer/segment/merge.h"
#include "indexer/segment/string_table.h"
#include "indexer/words.h"

namespace curlew::indexer {
namespace {

std::string built(SegmentBuilder& builder) {
  std::string bytes;
  Expected<std::uint64_t> identity = builder.finish([&](std::string_view part) -> Status {
    bytes += part;
    return {};
  });
  EXPECT_TRUE(identity);
  return bytes;
}

Segment::Ptr opened(std::string bytes) {
  Expected<Segment::Ptr> segment = Segment::from_bytes(std::move(bytes));
  EXPECT_TRUE(segment) << segment.error().message();
  return segment ? *segment : nullptr;
}

DocumentDraft draft_of(std::string_view text, const char* language = "cpp") {
  Parser parser;
  const ParsedFile parsed = parser.parse(*language_by_name(language), text);
  std::vector<std::uint32_t> signatures(parsed.symbols.size(), 7);
  return DraftMaker().make(text, content_hash(text), parsed, signatures);
}

std::string random_source(std::mt19937& random, int functions) {
  std::string text = "#include \"lib/parts.h\"\n\n";
  for (int i = 0; i < functions; ++i) {
    const unsigned a = random() % 500, b = random() % 500;
    text += fmt::format(
        "int getPart_{0}(int x) {{\n  return use{1}(x) + Other_{0} * 0x{1:x};\n}}\n\n", a, b);
  }
  return text;
}

// Everything a segment says of one document, as text.
std::string described(const Segment& segment, std::uint32_t number) {
  const std::optional<DocumentRecord> record = segment.document(number);
  if (!record) return "none";
  const DocumentRows rows = segment.rows(*record);
  const std::vector<std::uint32_t> names = rows.names();
  const auto name = [&](std::uint32_t place) {
    return place < names.size() ? segment.words().at(names[place]) : std::string("none");
  };
  std::string out =
      fmt::format("{:x} {} {}\n", record->hash, segment.language(*record), record->text_bytes);
  for (const PackedSymbol& symbol : unpack_symbols(rows.symbols()))
    out += fmt::format("{} {}-{} {}\n", name(symbol.name), symbol.start_byte, symbol.end_byte,
                       symbol.signature_bytes);
  for (std::uint32_t place = 0; place < names.size(); ++place) {
    for (const ReferencePlace& use : rows.references_to(place))
      out += fmt::format("{} at {} {}\n", name(place), use.line, reference_role_name(use.role));
  }
  for (const std::uint32_t import : rows.imports()) out += "import " + name(import) + "\n";
  std::uint32_t chunk_number = record->first_chunk;
  for (const PackedChunk& chunk : rows.chunks())
    out += fmt::format("chunk {}-{} {} {} length {}\n", chunk.start_byte, chunk.end_byte,
                       chunk.name ? name(chunk.name - 1) : "", chunk.terms,
                       segment.chunk_length(chunk_number++));
  return out;
}

// Every word or term with its list, documents and chunks by what they are rather than by number.
std::map<std::string, std::string> lists_of(const Segment& segment) {
  std::map<std::string, std::string> lists;
  Postings::Walk words(segment.word_postings(), 0);
  segment.words().scan(0, segment.words().size(), [&](std::uint32_t, std::string_view word) {
    const PostingList list = words.next();
    std::set<std::string> uses;
    for (PostingCursor use(list.bytes, kWordFlagBits); use.next();)
      uses.insert(fmt::format("{:x}/{}", segment.document(use.number())->hash, use.flags()));
    lists[fmt::format("word {} {}", word, list.marked)] = fmt::format("{}", fmt::join(uses, " "));
    return true;
  });
  Postings::Walk terms(segment.term_postings(), 0);
  segment.terms().scan(0, segment.terms().size(), [&](std::uint32_t, std::string_view term) {
    std::set<std::string> uses;
    for (PostingCursor use(terms.next().bytes, kTermCountBits); use.next();) {
      const std::uint32_t document = *segment.document_of_chunk(use.number());
      const DocumentRecord record = *segment.document(document);
      uses.insert(
          fmt::format("{:x}/{}/{}", record.hash, use.number() - record.first_chunk, use.flags()));
    }
    lists[fmt::format("term {}", term)] = fmt::format("{}", fmt::join(uses, " "));
    return true;
  });
  return lists;
}

TEST(Segment, HoldsWhatWasParsed) {
  const std::string text =
      "#include \"lib/a.h\"\n\nnamespace ns {\nint parsePart(int x) { return helper(x); }\n}\n";
  SegmentBuilder builder;
  builder.add(draft_of(text));
  const Segment::Ptr segment = opened(built(builder));
  ASSERT_EQ(segment->documents(), 1u);
  const std::string all = described(*segment, 0);
  EXPECT_NE(all.find("parsePart "), std::string::npos) << all;
  EXPECT_NE(all.find("helper at 3 call"), std::string::npos) << all;
  EXPECT_NE(all.find("import lib/a.h"), std::string::npos) << all;
  EXPECT_EQ(segment->documents_with(content_hash(text)), std::vector<std::uint32_t>{0});
  EXPECT_TRUE(segment->documents_with(1).empty());
  EXPECT_TRUE(segment->words().find("helper"));
  EXPECT_FALSE(segment->words().find("Helper"));
  EXPECT_TRUE(segment->terms().find("part"));
}

TEST(Segment, FindsEveryWordByNameByNumberAndByWhatItHolds) {
  std::mt19937 random(3);
  StringTable table;
  for (int i = 0; i < 9000; ++i)
    table.add(
        fmt::format("{}{}_{}", random() % 2 ? "Pre" : "pre", random() % 300, random() % 5000));
  table.add(std::string(300, 'q'));
  SegmentAssembler assembler;
  std::vector<std::uint32_t> numbers(table.size());
  for (std::uint32_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
  const std::vector<std::uint32_t> order = dictionary_order(table.list(), numbers);
  for (const std::uint32_t i : order) assembler.add_word(table.list()[i], "", false);
  std::string bytes;
  ASSERT_TRUE(
      assembler.finish([&](std::string_view part) -> Status { return bytes += part, Status(); }));
  const Segment::Ptr segment = opened(std::move(bytes));
  ASSERT_GT(segment->header().trigrams, 0u);
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    const std::string text(table.list()[order[i]]);
    ASSERT_EQ(segment->words().at(i), text);
    ASSERT_EQ(segment->words().find(text), i);
  }
  for (const char* piece : {"pre29", "E7_1", "_4", "qqqq", "7", "nowhere", "re1"}) {
    std::set<std::string> found, wanted;
    segment->words_holding(piece, [&](std::uint32_t, std::string_view word) {
      found.emplace(word);
      return true;
    });
    for (std::uint32_t i = 0; i < table.size(); ++i) {
      if (folded(table.list()[i]).find(folded(piece)) != std::string::npos)
        wanted.emplace(table.list()[i]);
    }
    EXPECT_EQ(found, wanted) << piece;
  }
}

// A segment and the names that its documents define.
std::pair<Segment::Ptr, std::set<std::string>> segment_of_names(const std::string& more) {
  std::mt19937 random(9);
  SegmentBuilder builder;
  std::set<std::string> defined;
  for (int i = 0; i < 6; ++i) {
    const std::string text =
        random_source(random, 40) + more +
        fmt::format("int Snake_case_{}(int a) {{ return not_defined_here(a); }}\n", i);
    Parser parser;
    for (const Symbol& symbol : parser.parse(*language_by_name("cpp"), text).symbols)
      defined.insert(symbol.name);
    builder.add(draft_of(text));
  }
  return {opened(built(builder)), defined};
}

std::string many_variables() {
  std::mt19937 random(10);
  static constexpr const char* kPieces[] = {"get", "Next", "_edit", "HTTP", "x2", "_1", "a", "_"};
  std::string text;
  for (int i = 0; i < 300; ++i) {
    std::string name = "v";
    for (unsigned pieces = random() % 5; pieces > 0; --pieces) name += kPieces[random() % 8];
    text += "int " + name + ";\n";
  }
  return text;
}

TEST(Segment, DefinedNamesWithABeginningComeShortestFirst) {
  const auto [segment, defined] = segment_of_names(many_variables());
  const DefinedNames& names = segment->defined_names();
  EXPECT_EQ(names.size(), defined.size());
  for (const char* typed :
       {"v", "vGet", "vhttp", "snake_case_3", "zz", "vgetnext_edit_1_1_1_1_1"}) {
    std::vector<std::string> wanted;
    for (const std::string& name : defined) {
      if (folded(name).starts_with(folded(typed))) wanted.push_back(name);
    }
    std::sort(wanted.begin(), wanted.end(), [](const std::string& a, const std::string& b) {
      return a.size() != b.size() ? a.size() < b.size() : dictionary_less(a, b);
    });
    for (const std::size_t most : {std::size_t{3}, std::size_t{1000}}) {
      std::vector<std::string> found;
      names.beginning_with(NamePattern(typed), most,
                           [&](std::string_view name) { found.emplace_back(name); });
      EXPECT_EQ(found, std::vector(wanted.begin(), wanted.begin() + std::min(most, wanted.size())))
          << typed;
    }
  }
}

TEST(Segment, DefinedNamesLeaveOutNoneThatMatches) {
  const auto [segment, defined] = segment_of_names(many_variables());
  const DefinedNames& names = segment->defined_names();
  for (const char* typed :
       {"vne", "vgn_e", "scase", "vh2", "SC4", "x", "other", "zz", "v_1", "1"}) {
    NamePattern pattern(typed);
    names.order(pattern);
    std::map<std::string, NameMatch> found;
    std::size_t last = 0;
    for (std::size_t length = names.length_from(1); length != DefinedNames::kNoLength;
         length = names.length_from(length + 1)) {
      EXPECT_GT(length, last);
      last = length;
      names.of_length(length, pattern, NameMatch::kSpread,
                      [&](std::string_view name, NameMatch how) {
                        EXPECT_EQ(name.size(), length);
                        EXPECT_TRUE(found.emplace(name, how).second) << name;
                      });
    }
    for (const std::string& name : defined) {
      const double score = name_match(name, typed);
      if (score == 0) continue;
      ASSERT_TRUE(found.contains(name)) << typed << ' ' << name;
      const bool is_humps = score > rank::kSymbolSearch.humps;
      EXPECT_TRUE(!is_humps || found[name] == NameMatch::kHumps) << typed << ' ' << name;
    }
    for (const auto& [name, how] : found) EXPECT_TRUE(defined.contains(name)) << name;
  }
}

TEST(Segment, AMergeHoldsWhatItsPartsHeldLessWhatWasDropped) {
  std::mt19937 random(8);
  std::vector<MergeInput> inputs;
  SegmentBuilder kept;
  std::vector<std::string> wanted;
  for (int part = 0; part < 5; ++part) {
    SegmentBuilder builder;
    std::vector<DocumentDraft> drafts;
    for (int i = 0; i < 12; ++i) drafts.push_back(draft_of(random_source(random, 1 + i)));
    for (const DocumentDraft& draft : drafts) builder.add(draft);
    MergeInput input{opened(built(builder)), std::vector<std::uint32_t>(12, 0)};
    for (int i = 0; i < 12; ++i) {
      if (random() % 3 == 0) {
        input.numbers[i] = kDropped;
      } else {
        kept.add(drafts[i]);
        wanted.push_back(described(*input.segment, i));
      }
    }
    inputs.push_back(std::move(input));
  }
  EXPECT_EQ(number_documents(inputs), wanted.size());
  std::string bytes;
  ASSERT_TRUE(merge_segments(
      inputs, [&](std::string_view part) -> Status { return bytes += part, Status(); }));
  const Segment::Ptr merged = opened(std::move(bytes));
  ASSERT_EQ(merged->documents(), wanted.size());
  for (std::uint32_t i = 0; i < wanted.size(); ++i) EXPECT_EQ(described(*merged, i), wanted[i]);
  EXPECT_EQ(lists_of(*merged), lists_of(*opened(built(kept))));
}

TEST(Segment, RefusesOrIgnoresEveryDamage) {
  std::mt19937 random(5);
  SegmentBuilder builder;
  for (int i = 0; i < 30; ++i) builder.add(draft_of(random_source(random, 20)));
  const std::string good = built(builder);
  const Segment::Ptr whole = opened(good);
  std::vector<std::string> truth;
  for (std::uint32_t i = 0; i < whole->documents(); ++i) truth.push_back(described(*whole, i));
  for (std::size_t length = 0; length < good.size(); length += 1 + good.size() / 200)
    EXPECT_FALSE(Segment::from_bytes(good.substr(0, length))) << length;
  for (int round = 0; round < 400; ++round) {
    std::string bad = good;
    bad[random() % bad.size()] ^= static_cast<char>(1 << random() % 8);
    Expected<Segment::Ptr> segment = Segment::from_bytes(bad);
    if (!segment) continue;
    for (std::uint32_t i = 0; i < (*segment)->documents(); ++i) {
      const std::string now = described(**segment, i);
      if (!(*segment)->damaged()) {
        EXPECT_EQ(now, truth[i]);
      }
    }
    (void)(*segment)->words().find("getPart_7");
    (void)(*segment)->terms().find("part");
  }
}

TEST(Segment, LengthsKeepTheirOrderAndAboutTheirSize) {
  for (std::uint32_t length : {0u, 1u, 2u, 5u, 40u, 200u, 3000u, 60'000u}) {
    const float back = length_of(quantised_length(length));
    EXPECT_NEAR(back, length, 0.05 * length + 0.1) << length;
  }
}

}  // namespace
}  // namespace curlew::indexer
