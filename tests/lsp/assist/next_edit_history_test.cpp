#include "lsp/assist/next_edit/edit_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace curlew::assist {
namespace {

using std::chrono::milliseconds;
using testing::IsEmpty;
using testing::SizeIs;

// A document and its history; time stands still unless a test lets it pass.
class Writer {
 public:
  explicit Writer(std::string text) : text_(std::move(text)) {}

  Writer& replace(std::size_t start, std::size_t end, const std::string& by) {
    history_.note("a.py", text_, {start, end, by}, ++version_, now_);
    text_.replace(start, end - start, by);
    return *this;
  }
  Writer& type(std::size_t at, const std::string& keys) {
    for (const char key : keys) {
      replace(at, at, std::string(1, key));
      ++at;
    }
    return *this;
  }
  Writer& wait(milliseconds time) {
    now_ += time;
    return *this;
  }

  const std::string& text() const { return text_; }
  std::vector<PastEdit> edits() const { return history_.edits(); }
  EditHistory& history() { return history_; }

 private:
  std::string text_;
  EditHistory history_;
  EditClock::time_point now_{};
  int version_ = 1;
};

TEST(EditHistory, MakesKeysOneEdit) {
  Writer writer("x = v + 1\ny = 2\n");
  writer.replace(4, 5, "v").type(5, "alue");
  ASSERT_THAT(writer.edits(), SizeIs(1));
  const PastEdit edit = writer.edits()[0];
  EXPECT_EQ(edit.before, "");
  EXPECT_EQ(edit.after, "alue");
  EXPECT_EQ(edit.start, 5u);
  EXPECT_EQ(edit.version, 6);
  EXPECT_EQ(edit.old_line, "x = v + 1");
}

TEST(EditHistory, GoesOnWithAnEditAfterAnyPauseWhereItTouchesIt) {
  Writer writer("f(a)\n");
  writer.type(3, ", c").wait(std::chrono::minutes(1)).type(6, "tx");
  ASSERT_THAT(writer.edits(), SizeIs(1));
  EXPECT_EQ(writer.edits()[0].after, ", ctx");
}

TEST(EditHistory, KeepsOneLineTogetherUntilAPause) {
  Writer quick("old + old\n");
  quick.replace(0, 3, "new").replace(6, 9, "new");
  ASSERT_THAT(quick.edits(), SizeIs(1));
  EXPECT_EQ(quick.edits()[0].before, "old + old");
  EXPECT_EQ(quick.edits()[0].after, "new + new");

  Writer slow("old + old\n");
  slow.replace(0, 3, "new").wait(kEditPause + milliseconds(1)).replace(6, 9, "new");
  EXPECT_THAT(slow.edits(), SizeIs(2));
}

TEST(EditHistory, KeepsOtherLinesApartAndTheirPlacesRight) {
  Writer writer("one\ntwo\nthree\n");
  writer.replace(8, 13, "3").replace(0, 3, "first").replace(6, 9, "second");
  const std::vector<PastEdit> edits = writer.edits();
  ASSERT_THAT(edits, SizeIs(3));
  for (const PastEdit& edit : edits)
    EXPECT_EQ(writer.text().substr(edit.start, edit.after.size()), edit.after);
  EXPECT_EQ(edits[0].before, "three");
  EXPECT_EQ(edits[2].after, "second");
}

TEST(EditHistory, RemembersWhatWasTakenBackAndForgetsTheEdit) {
  Writer writer("walk(a, 1)\n");
  writer.replace(6, 9, "").replace(6, 6, ", 1");
  EXPECT_THAT(writer.edits(), IsEmpty());
  ASSERT_THAT(writer.history().undone(), SizeIs(1));
  EXPECT_EQ(writer.history().undone()[0], (LineChange{"a.py", "walk(a, 1)", "walk(a)"}));
}

TEST(EditHistory, DropsWhatALaterChangeCutsAway) {
  Writer writer("a\nb\nc\nd\n");
  writer.replace(2, 3, "bb").replace(5, 6, "cc").replace(0, 9, "");
  ASSERT_THAT(writer.edits(), SizeIs(1));
  EXPECT_EQ(writer.edits()[0].before, "a\nbb\nc\nd");  // the newest that it touches goes into it
}

TEST(EditHistory, IsBounded) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "line\n";
  Writer writer(text);
  for (std::size_t i = 0; i < 100; ++i) writer.replace(i * 10, i * 10 + 1, "L");
  EXPECT_THAT(writer.edits(), SizeIs(kEditsMax));
  writer.replace(0, 0, std::string(kEditBytesMax + 1, 'x') + "\n");
  for (const PastEdit& edit : writer.edits()) EXPECT_LE(edit.after.size(), kEditBytesMax);
}

TEST(EditHistory, TakesOddChanges) {
  Writer writer("abc");
  writer.history().note("a.py", "abc", {2, 9, "x"}, 1, {});  // outside
  writer.history().note("a.py", "abc", {2, 1, "x"}, 1, {});  // backwards
  writer.replace(1, 2, "b");                                 // changes nothing
  EXPECT_THAT(writer.edits(), IsEmpty());
}

// Whatever is typed, what the history says stands where it says.
TEST(EditHistory, NeverLosesItsPlaces) {
  std::mt19937 random(5);
  for (int round = 0; round < 50; ++round) {
    Writer writer("alpha beta\ngamma delta\nepsilon\nzeta eta theta\n");
    for (int step = 0; step < 60; ++step) {
      const std::size_t start = random() % (writer.text().size() + 1);
      const std::size_t end = std::min(start + random() % 4, writer.text().size());
      const char* const texts[] = {"", "x", "yy", "\n", "z = 1\n"};
      writer.replace(start, end, texts[random() % 5]);
      for (const PastEdit& edit : writer.edits()) {
        ASSERT_LE(edit.end(), writer.text().size());
        ASSERT_EQ(writer.text().substr(edit.start, edit.after.size()), edit.after);
        ASSERT_NE(edit.before, edit.after);
      }
    }
  }
}

}  // namespace
}  // namespace curlew::assist
