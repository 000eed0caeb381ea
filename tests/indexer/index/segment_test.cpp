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
#include "indexer/segment/name_block.h"
#include "indexer/segment/name_sieve.h"
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

// Names of random pieces, as many as it takes for rows of names.
Segment::Ptr segment_of_random_names(std::mt19937& random, std::vector<std::string>& names) {
  static constexpr const char* kPieces[] = {"get", "Next", "_edit", "HTTP",    "x2",
                                            "_1",  "a",    "_",     "R",       "bus",
                                            "Io",  "_cfg", "-",     "\xc3\xa9"};
  std::set<std::string, decltype(&dictionary_less)> words(dictionary_less);
  while (words.size() < kNameRowsFrom + 500) {
    std::string name;
    for (unsigned pieces = 1 + random() % 7; pieces > 0; --pieces) name += kPieces[random() % 14];
    words.insert(name);
  }
  SegmentAssembler assembler;
  for (const std::string& word : words) {
    assembler.add_word(word, "", random() % 4 != 0);
    names.push_back(word);
  }
  std::string bytes;
  EXPECT_TRUE(
      assembler.finish([&](std::string_view part) -> Status { return bytes += part, Status(); }));
  return opened(std::move(bytes));
}

TEST(Segment, TheSieveOfNamesLeavesOutNoneThatMatches) {
  std::mt19937 random(12);
  std::vector<std::string> names;
  const Segment::Ptr segment = segment_of_random_names(random, names);
  ASSERT_FALSE(segment->name_rows().absent());
  for (int round = 0; round < 400; ++round) {
    std::string typed;  // letters of a name, some left out, some in the other case
    const unsigned kept = 1 + random() % 4;
    for (const char c : names[random() % names.size()]) {
      if (random() % 4 < kept && typed.size() < 12) typed += random() % 8 ? c : folded(c);
    }
    if (typed.empty()) continue;
    const NamePattern pattern(typed);
    NameSieve sieve(*segment, pattern);
    std::set<std::uint32_t> found[kNameMatches];
    for (const NameMatch how :
         {NameMatch::kPrefix, NameMatch::kHumps, NameMatch::kPiece, NameMatch::kSpread}) {
      for (const NameGroups& groups : sieve.groups(how)) {
        for (std::uint32_t bit = 0; bit < 64; ++bit) {
          if (groups.bits >> bit & 1) found[static_cast<int>(how)].insert(groups.word * 64 + bit);
        }
      }
    }
    for (std::uint32_t i = 0; i < names.size(); ++i) {
      const std::optional<NameMatch> how = pattern.match(names[i]);
      if (!how || !segment->word_postings().at(i).marked) continue;
      const std::uint32_t group = i / kBlockWords;
      EXPECT_TRUE(found[static_cast<int>(*how)].contains(group)) << typed << ' ' << names[i];
      const std::uint64_t same_length =
          sieve.with_length(name_rows::length_class(names[i].size()), group / 64);
      EXPECT_TRUE(same_length >> group % 64 & 1) << typed << ' ' << names[i];
    }
  }
}

TEST(Segment, BlocksOfNamesSayWhichMatch) {
  std::mt19937 random(13);
  std::vector<std::string> names;
  const Segment::Ptr segment = segment_of_random_names(random, names);
  for (const char* typed : {"gne", "getn", "x2h", "_1_c", "a", "hio", "busr-"}) {
    const NamePattern pattern(typed);
    NameBlock block(pattern.typed());
    for (std::uint32_t i = 0; i < names.size(); ++i) {
      if (i % kBlockWords == 0) block.begin(segment->words().block(i / kBlockWords));
      ASSERT_TRUE(block.next());
      ASSERT_EQ(block.name(), names[i]);
      const std::optional<NameMatch> how = pattern.match(names[i]);
      EXPECT_TRUE(!how || block.may_match()) << typed << ' ' << names[i];
      const bool by_humps = how && *how <= NameMatch::kHumps;
      EXPECT_EQ(block.has_humps(), by_humps) << typed << ' ' << names[i];
    }
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
