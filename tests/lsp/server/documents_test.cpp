#include "lsp/server/documents.h"

#include <gtest/gtest.h>

#include <random>

#include "lsp/server/uri.h"

namespace curlew::server {
namespace {

using protocol::Position;
using protocol::PositionEncoding;
using protocol::Range;
using protocol::TextDocumentContentChangeEvent;

std::string changed(const std::string& text, Range range, const std::string& with,
                    PositionEncoding encoding = PositionEncoding::kUtf16) {
  const auto out = apply_change(text, {range, with}, encoding);
  return out ? *out : "error: " + out.error().message();
}

TEST(Changes, InsertDeleteAndReplace) {
  EXPECT_EQ(changed("abc", {{0, 1}, {0, 1}}, "X"), "aXbc");
  EXPECT_EQ(changed("abc", {{0, 1}, {0, 2}}, ""), "ac");
  EXPECT_EQ(changed("a\nb\nc", {{0, 1}, {2, 0}}, "-"), "a-c");
  EXPECT_EQ(changed("", {{0, 0}, {0, 0}}, "new"), "new");
  EXPECT_EQ(changed("a\r\nb", {{0, 9}, {1, 0}}, "\n"), "a\nb");
}

TEST(Changes, CountInTheNegotiatedEncoding) {
  EXPECT_EQ(changed("😀x", {{0, 2}, {0, 3}}, "y", PositionEncoding::kUtf16), "😀y");
  EXPECT_EQ(changed("😀x", {{0, 4}, {0, 5}}, "y", PositionEncoding::kUtf8), "😀y");
  EXPECT_EQ(changed("😀x", {{0, 1}, {0, 2}}, "y", PositionEncoding::kUtf32), "😀y");
}

TEST(Changes, TakeAnEndBehindTheTextAsItsEnd) {
  EXPECT_EQ(changed("a\nb\n", {{1, 0}, {99999, 0}}, "c"), "a\nc");
  EXPECT_EQ(changed("a\nb\n", {{2, 0}, {2, 0}}, "c"), "a\nb\nc");
  EXPECT_EQ(changed("a\nb\n", {{3, 0}, {3, 0}}, "c"), "a\nb\nc");  // Vim's line behind the last
}

TEST(Changes, RefuseWhatCannotBeRight) {
  EXPECT_EQ(changed("a\n", {{7, 0}, {7, 0}}, "x").substr(0, 6), "error:");
  EXPECT_EQ(changed("abc", {{0, 2}, {0, 1}}, "x").substr(0, 6), "error:");
}

// Ranges drawn at character boundaries must do to the text what they do to its characters.
TEST(Changes, AgreeWithEditingCharacters) {
  const std::vector<std::string> alphabet = {"a", "ß", "漢", "😀", "\n", " "};
  std::mt19937 rng(11);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> characters(rng() % 40);
    for (std::string& c : characters) c = alphabet[rng() % alphabet.size()];
    std::size_t from = rng() % (characters.size() + 1), to = rng() % (characters.size() + 1);
    if (from > to) std::swap(from, to);
    std::string text, before, cut, want;
    for (std::size_t idx = 0; idx < characters.size(); ++idx) {
      text += characters[idx];
      if (idx < from) before += characters[idx];
      if (idx < to) cut += characters[idx];
    }
    want = before + "NEW" + text.substr(cut.size());
    const protocol::LineIndex lines(text);
    for (auto encoding :
         {PositionEncoding::kUtf8, PositionEncoding::kUtf16, PositionEncoding::kUtf32})
      EXPECT_EQ(changed(text,
                        {lines.position_at(text, before.size(), encoding),
                         lines.position_at(text, cut.size(), encoding)},
                        "NEW", encoding),
                want);
  }
}

protocol::DidChangeTextDocumentParams whole_change(std::string uri, int version, std::string text) {
  protocol::DidChangeTextDocumentParams params;
  params.textDocument.uri = std::move(uri);
  params.textDocument.version = version;
  params.contentChanges.emplace_back().text = std::move(text);
  return params;
}

TEST(Documents, KeepOldSnapshotsAlive) {
  Documents documents;
  ASSERT_TRUE(documents.open({"file:///a", "cpp", 1, "one"}, {}));
  const auto before = documents.find("file:///a");
  ASSERT_TRUE(documents.change(whole_change("file:///a", 2, "two")));
  ASSERT_TRUE(documents.close("file:///a"));
  EXPECT_EQ(before->text(), "one");
  EXPECT_EQ(documents.find("file:///a"), nullptr);
}

TEST(Documents, RememberWhichWereUsedLast) {
  Documents documents;
  for (const char* uri : {"a", "b", "c"}) ASSERT_TRUE(documents.open({uri, "", 1, ""}, {}));
  documents.touch("a");
  ASSERT_TRUE(documents.change(whole_change("b", 2, "x")));
  std::vector<std::string> order;
  for (const auto& document : documents.recent(10)) order.push_back(document->uri());
  EXPECT_EQ(order, (std::vector<std::string>{"b", "a", "c"}));
  EXPECT_EQ(documents.recent(1).size(), 1u);
}

TEST(Uris, NameFiles) {
  EXPECT_EQ(path_of_uri("file:///a/b%20c/%C3%A9.cpp"), "/a/b c/é.cpp");
  EXPECT_EQ(path_of_uri("file://localhost/a"), "/a");
  EXPECT_EQ(path_of_uri("file:/a/../b"), "/b");
  EXPECT_EQ(path_of_uri("file:///a#fragment"), "/a");
  EXPECT_EQ(path_of_uri("file://server/share/a"), std::nullopt);
  EXPECT_EQ(path_of_uri("file:///a%2"), std::nullopt);
  EXPECT_EQ(path_of_uri("file:///a%zz"), std::nullopt);
  EXPECT_EQ(path_of_uri("file:///a%00b"), std::nullopt);
  EXPECT_EQ(path_of_uri("file:relative"), std::nullopt);
  EXPECT_EQ(path_of_uri("untitled:Untitled-1"), std::nullopt);
  EXPECT_EQ(path_of_uri(""), std::nullopt);
}

TEST(Uris, ComeBackAsTheyWere) {
  for (const char* path : {"/a/b.cpp", "/with blank/é/100%", "/c++/a#b?c", "/漢/😀"})
    EXPECT_EQ(path_of_uri(uri_of_path(path)), std::filesystem::path(path));
  EXPECT_EQ(uri_of_path("/a b/c++"), "file:///a%20b/c%2B%2B");
}

TEST(Uris, KnowWhatLiesBelowAFolder) {
  EXPECT_EQ(path_below("/w/src/a.cpp", "/w"), "src/a.cpp");
  EXPECT_EQ(path_below("/w", "/w"), std::nullopt);
  EXPECT_EQ(path_below("/w2/a", "/w"), std::nullopt);
  EXPECT_EQ(path_below("/a", "/w"), std::nullopt);
  EXPECT_EQ(path_below("/w/..a", "/w"), "..a");
}

}  // namespace
}  // namespace curlew::server
