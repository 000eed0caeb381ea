#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "workspace.h"

namespace curlew::indexer::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

void write_shapes(Workspace& w) {
  w.write("geo/shape.h",
          "#pragma once\n"
          "// The area of a rectangle, in square millimetres.\n"
          "int rectangle_area(int width_mm, int height_mm);\n"
          "\n"
          "struct RectangleSize {\n"
          "  int width_mm;\n"
          "  int height_mm;\n"
          "};\n");
  w.write("geo/shape.cpp",
          "#include \"geo/shape.h\"\n"
          "int rectangle_area(int width_mm, int height_mm) {\n"
          "  return width_mm * height_mm;\n"
          "}\n");
  w.write("other/unrelated.cpp", "void play_music(int loudness) { (void)loudness; }\n");
  w.update();
}

// Why chunks of the source are shown, best first.
std::vector<std::string> reasons(std::vector<ContextChunk> chunks, ContextSource source) {
  std::erase_if(chunks, [&](const ContextChunk& chunk) { return chunk.source != source; });
  std::stable_sort(chunks.begin(), chunks.end(),
                   [](const ContextChunk& a, const ContextChunk& b) { return a.score > b.score; });
  std::vector<std::string> lines;
  for (const ContextChunk& chunk : chunks) lines.push_back(chunk.path + ": " + chunk.why);
  return lines;
}

TEST(Context, DoesNotLookForLocalsElsewhere) {
  Workspace w;
  for (int i = 0; i < 30; ++i)
    w.write(fmt::format("pad/p{}.py", i), fmt::format("def pad{}():\n    pass\n", i));
  w.write("deep/far/away.py", "def widget_size():\n    return 1\n");
  w.update();
  const auto shown = [&](const std::string& text) {
    std::string open = text;
    open.erase(open.find('^'), 1);
    w.index().set_buffer("app/main.py", std::make_shared<const std::string>(open));
    return reasons(w.context("app/main.py", text), ContextSource::kDefinition);
  };
  EXPECT_THAT(shown("def f(a):\n    b = widget_size\n    c = ^\n"),
              ElementsAre(HasSubstr("deep/far/away.py: defines widget_size")));
  EXPECT_THAT(shown("\ndef f(widget_size):\n    b = widget_size\n    c = ^\n"), IsEmpty());
}

TEST(Context, ShowsTheDefinitionOfWhatIsUsedNearTheCursor) {
  Workspace w;
  write_shapes(w);
  const auto chunks = w.context("main.cpp",
                                "#include \"geo/shape.h\"\n"
                                "int main() {\n"
                                "  RectangleSize size{1, 2};\n"
                                "  int a = rectangle_area(size.^\n"
                                "}\n");
  EXPECT_THAT(texts(chunks), HasSubstr("struct RectangleSize"));
  EXPECT_THAT(texts(chunks), HasSubstr("rectangle_area(int width_mm, int height_mm)"));
  EXPECT_THAT(texts(chunks), Not(HasSubstr("play_music")));
}

TEST(Context, SaysWhy) {
  Workspace w;
  write_shapes(w);
  const auto chunks = w.context("main.cpp", "int main() {\n  RectangleSize size;\n\n  ^\n}\n");
  ASSERT_FALSE(chunks.empty());
  const auto found = std::find_if(chunks.begin(), chunks.end(), [](const ContextChunk& chunk) {
    return chunk.text.find("struct RectangleSize") != std::string::npos;
  });
  ASSERT_NE(found, chunks.end());
  EXPECT_EQ(found->why, "defines RectangleSize, used 2 lines above the cursor");
}

TEST(Context, BringsTheCommentAboveADefinition) {
  Workspace w;
  w.write("calc.py", "# Adds VAT to a net price.\ndef gross_price(net):\n    return net * 1.2\n");
  w.update();
  const auto chunks =
      w.context("shop.py", "from calc import gross_price\n\nprice = gross_price(^)\n");
  EXPECT_THAT(texts(chunks), HasSubstr("# Adds VAT to a net price.\ndef gross_price(net):"));
}

TEST(Context, RepeatsNothingThatStandsNearTheCursor) {
  Workspace w;
  const std::string text =
      "int local_helper(int x) { return x + 1; }\n\nint main() {\n  return local_helper(^);\n}\n";
  std::string on_disk = text;
  on_disk.erase(on_disk.find('^'), 1);
  w.write("main.cpp", on_disk);
  w.update();
  EXPECT_THAT(w.context("main.cpp", text), IsEmpty());
}

TEST(Context, ShowsAFarDefinitionOfTheSameFile) {
  Workspace w;
  std::string text = "int far_away_helper(int x) { return x + 1; }\n";
  for (int i = 0; i < 200; ++i) text += fmt::format("int filler_{};\n", i);
  text += "int main() {\n  return far_away_helper(^);\n}\n";
  std::string on_disk = text;
  on_disk.erase(on_disk.find('^'), 1);
  w.write("main.cpp", on_disk);
  w.update();
  EXPECT_THAT(summaries(w.context("main.cpp", text)),
              Contains(HasSubstr("definition main.cpp:1 int far_away_helper")));
}

TEST(Context, PrefersTheImportedOneOfManyDefiners) {
  Workspace w;
  for (int i = 0; i < 6; ++i)
    w.write(fmt::format("lib{}/codec.py", i),
            fmt::format("def decode_frame(data):\n    return {}\n", i));
  w.update();
  w.write("app.py", "from lib3.codec import decode_frame\n\nframe = decode_frame(\n");
  w.update();
  const auto with_imports =
      w.context("app.py", "from lib3.codec import decode_frame\n\nframe = decode_frame(^\n");
  ASSERT_FALSE(with_imports.empty());
  for (const ContextChunk& chunk : with_imports) {
    if (chunk.source == ContextSource::kDefinition) {
      EXPECT_EQ(chunk.path, "lib3/codec.py");
    }
  }
}

TEST(Context, FindsSimilarCode) {
  Workspace w;
  w.write("a.py",
          "def load_settings(path):\n"
          "    handle = open_configuration(path)\n"
          "    settings = parse_configuration(handle)\n"
          "    validate_configuration(settings)\n"
          "    return settings\n");
  w.write("b.py", "def draw(canvas):\n    canvas.clear()\n    canvas.line(0, 0, 5, 5)\n");
  w.update();
  const auto chunks = w.context("c.py",
                                "def load_profile(path):\n"
                                "    handle = open_configuration(path)\n"
                                "    profile = parse_configuration(handle)\n"
                                "    ^\n");
  EXPECT_THAT(texts(chunks), HasSubstr("validate_configuration(settings)"));
  EXPECT_THAT(texts(chunks), Not(HasSubstr("canvas")));
}

TEST(Context, FindsRecentlyEditedCode) {
  Workspace w;
  w.write("recent.py",
          "def render_invoice(invoice, printer):\n"
          "    printer.start_page(invoice.number)\n"
          "    printer.end_page()\n");
  w.update();
  const std::string text = "def render_receipt(receipt, printer):\n    printer.^\n";
  const auto chunks = w.context("new.py", text, {"new.py", "recent.py"});
  EXPECT_THAT(texts(chunks), HasSubstr("printer.start_page(invoice.number)"));
}

TEST(Context, OutlinesImportedFiles) {
  Workspace w;
  w.write("store.py",
          "class Store:\n    def put(self, key, value):\n        pass\n\n"
          "def open_store(path):\n    return Store()\n");
  w.write("app.py", "import store\n\nx = 1\n\n");
  w.update();
  const auto chunks = w.context("app.py", "import store\n\nx = 1\n^\n");
  const auto outline = std::find_if(chunks.begin(), chunks.end(), [](const ContextChunk& chunk) {
    return chunk.source == ContextSource::kImport;
  });
  ASSERT_NE(outline, chunks.end());
  EXPECT_THAT(outline->text, HasSubstr("def open_store(path)"));
}

TEST(Context, ShortensLongDefinitions) {
  Workspace w;
  std::string text = "class HugeThing:\n";
  for (int i = 0; i < 20; ++i)
    text += fmt::format(
        "    def step_{0}(self):\n        secret_body = {0}\n        return secret_body\n", i);
  w.write("huge.py", text);
  w.update();
  const auto chunks =
      w.context("app.py", "from huge import HugeThing\nthing = HugeThing()\nthing.^\n");
  const auto found = std::find_if(chunks.begin(), chunks.end(), [](const ContextChunk& chunk) {
    return chunk.source == ContextSource::kDefinition;
  });
  ASSERT_NE(found, chunks.end());
  EXPECT_THAT(found->text, HasSubstr("class HugeThing"));
  EXPECT_THAT(found->text, HasSubstr("def step_2(self)"));
  EXPECT_THAT(found->text, Not(HasSubstr("secret_body = 2")));
}

TEST(Context, ListsWhatAnImportedFileOffersNext) {
  Workspace w;
  w.write("audio/mixer.py",
          "class Mixer:\n"
          "    def add_track(self, track):\n        self.tracks.append(track)\n\n"
          "    def render_tracks(self, path):\n        return self.tracks\n\n\n"
          "def load_mixer(path):\n    return Mixer()\n");
  w.write("other/unrelated.py", "def boil_water(degrees):\n    return degrees\n");
  w.update();
  const auto chunks = w.context("audio/main.py",
                                "from audio.mixer import load_mixer\n\n"
                                "mixer = load_mixer('a')\nmixer.add_track(1)\n^\n");
  ASSERT_FALSE(chunks.empty());
  EXPECT_THAT(texts(chunks), HasSubstr("def render_tracks(self, path)"));
  EXPECT_THAT(texts(chunks), Not(HasSubstr("boil_water")));
}

TEST(Context, PrefersMembersOfAVariablesType) {
  Workspace w;
  std::string many = "#pragma once\n";
  for (int i = 0; i < 40; ++i)
    many += fmt::format("struct Filler{0} {{\n  void run_filler_{0}(int depth);\n}};\n", i);
  many += "struct Turbine {\n  void spin_up(int rounds);\n  void brake(int force);\n};\n";
  w.write("plant/parts.h", many);
  w.update();
  const auto chunks = w.context(
      "plant/main.cpp",
      "#include \"plant/parts.h\"\nvoid start(Turbine& machine) {\n  machine.^\n}\n", {}, 600);
  EXPECT_THAT(texts(chunks), HasSubstr("spin_up"));
  EXPECT_THAT(texts(chunks), HasSubstr("brake"));
  EXPECT_THAT(texts(chunks), Not(HasSubstr("run_filler_7")));
}

TEST(Context, ReachesTheTestedPackageOfATest) {
  Workspace w;
  w.write("src/main/java/shop/cart/PriceRounder.java",
          "package shop.cart;\nclass PriceRounder {\n  long roundToCents(double price) {\n"
          "    return Math.round(price * 100);\n  }\n}\n");
  w.write("src/main/java/shop/mail/Sender.java",
          "package shop.mail;\nclass Sender {\n  void sendAll() {}\n}\n");
  w.update();
  const auto chunks = w.context("src/test/java/shop/cart/CartTest.java",
                                "package shop.cart;\nclass CartTest {\n  void rounds() {\n    ^\n");
  EXPECT_THAT(texts(chunks), HasSubstr("roundToCents"));
}

TEST(Context, ReachesWhatDefinesANameFarAbove) {
  Workspace w;
  w.write("deep/far/away.py", "def widget_size(widget):\n    return 1\n");
  w.update();
  std::string text = "def first(b):\n    return widget_size(b)\n\n\ndef second(b):\n";
  for (int i = 0; i < 60; ++i) text += fmt::format("    row = {}\n", i);
  EXPECT_THAT(texts(w.context("app/main.py", text + "    ^\n")),
              HasSubstr("def widget_size(widget)"));
}

TEST(Context, SeesAtOnceWhereAnImportLeadsNow) {
  Workspace w;
  w.write("pad.py", "def pad():\n    pass\n").update();
  const std::string text = "from tools import sharpen_blade\n\nsharpen_blade(^\n";
  EXPECT_THAT(texts(w.context("main.py", text)), Not(HasSubstr("def sharpen_blade")));
  w.write("tools.py", "def sharpen_blade(blade, angle):\n    return angle\n").update();
  EXPECT_THAT(texts(w.context("main.py", text)), HasSubstr("def sharpen_blade(blade, angle)"));
  w.remove("tools.py");
  w.write("tools/__init__.py", "def sharpen_blade(blade, speed):\n    return speed\n").update();
  EXPECT_THAT(texts(w.context("main.py", text)), HasSubstr("def sharpen_blade(blade, speed)"));
}

TEST(Context, LeavesOutWhatOtherFilesCannotName) {
  Workspace w;
  w.write("lib/codec.h", "#pragma once\nint encode_frame(int frame);\n");
  w.write("lib/codec.c",
          "#include \"codec.h\"\nstatic int hidden_table_step(int i) { return i; }\n"
          "int encode_frame(int frame) { return hidden_table_step(frame); }\n");
  w.update();
  const auto chunks =
      w.context("lib/player.c",
                "#include \"codec.h\"\nint play(int frame) {\n  encode_frame(frame);\n  ^\n}\n");
  EXPECT_THAT(texts(chunks), HasSubstr("int encode_frame(int frame)"));
  for (const ContextChunk& chunk : chunks) {
    if (chunk.source == ContextSource::kDefinition || chunk.source == ContextSource::kImport) {
      EXPECT_THAT(chunk.text, Not(HasSubstr("static int hidden_table_step")));
    }
  }
}

// Too long to be shown whole for its name's sake.
std::string long_body(int indent) {
  std::string body;
  for (int i = 0; i < 30; ++i)
    body += fmt::format("{}self.total_of_column_{} = self.sum_of_column({})\n",
                        std::string(indent, ' '), i, i);
  return body;
}

TEST(Context, ShowsCallersOfTheFunctionAround) {
  Workspace w;
  w.write("shop/invoice_test.py",
          "def test_invoice(self):\n    invoice = make_invoice(3, 'pens')\n" + long_body(4));
  w.update();
  const auto chunks = w.context("shop/invoice.py", "def make_invoice(count, goods):\n    ^\n");
  const auto found = std::find_if(chunks.begin(), chunks.end(), [](const ContextChunk& chunk) {
    return chunk.source == ContextSource::kUsage;
  });
  ASSERT_NE(found, chunks.end());
  EXPECT_EQ(found->why, "tests make_invoice, the function around the cursor");
}

TEST(Context, ShowsOtherImplementations) {
  Workspace w;
  w.write("shapes/circle.py",
          "class Circle:\n    def outline_points(self, steps):\n" + long_body(8));
  w.update();
  const auto chunks = w.context("shapes/square.py",
                                "class Square:\n    def outline_points(self, steps):\n        ^\n");
  EXPECT_THAT(summaries(chunks),
              Contains(HasSubstr("sibling shapes/circle.py:2     def outline_points")));
}

TEST(Context, KeepsBothLimits) {
  Workspace w;
  std::string use = "from lib import *\n\n";
  for (int i = 0; i < 30; ++i) {
    const std::string name = fmt::format("special_function_{}", i);
    w.write(fmt::format("lib{}.py", i),
            fmt::format("def {}(a):\n    return '{}'\n", name, std::string(200, 'x')));
    use += fmt::format("{}(1)\n", name);
  }
  w.update();
  for (int bytes_max : {0, 1, 300, 1500, 6000}) {
    const auto chunks = w.context("app.py", use + "^\n", {}, bytes_max);
    EXPECT_LE(texts(chunks).size(), static_cast<std::size_t>(bytes_max));
    EXPECT_LE(chunks.size(), 12u);
    EXPECT_GE(chunks.size(), bytes_max >= 1500 ? 4u : 0u);
  }
}

TEST(Context, HandsOutSimilarCodeBeyondTheLimitOnlyWhenAsked) {
  Workspace w;
  for (int i = 0; i < 20; ++i)
    w.write(fmt::format("load{}.py", i), fmt::format("def load_settings_{}(path):\n"
                                                     "    handle = open_configuration(path)\n"
                                                     "    settings = parse_configuration(handle)\n"
                                                     "    return merge_{}(settings)\n",
                                                     i, i));
  w.update();
  const std::string text =
      "def load_profile(path):\n"
      "    handle = open_configuration(path)\n"
      "    profile = parse_configuration(handle)\n    ";
  const auto asked = [&](int spare_bytes_max) {
    auto chunks = w.index().context({.path = "c.py",
                                     .text = text,
                                     .cursor = text.size(),
                                     .bytes_max = 600,
                                     .spare_bytes_max = spare_bytes_max});
    EXPECT_TRUE(chunks.has_value());
    return std::move(*chunks);
  };
  const auto is_spare = [](const ContextChunk& chunk) { return chunk.is_spare; };
  const auto without = asked(0);
  EXPECT_TRUE(std::ranges::none_of(without, is_spare));
  const auto with = asked(1200);
  ASSERT_TRUE(std::ranges::is_partitioned(with, [](const auto& chunk) { return !chunk.is_spare; }));
  std::size_t spare_bytes = 0;
  std::set<std::string> paths;
  for (std::size_t i = 0; i < with.size(); ++i) {
    if (i < without.size()) {
      EXPECT_EQ(with[i].text, without[i].text);
    }
    if (with[i].source == ContextSource::kSimilar) {
      EXPECT_TRUE(paths.insert(with[i].path).second) << with[i].path << " is there twice";
    }
    if (with[i].is_spare) spare_bytes += with[i].text.size();
  }
  EXPECT_LE(spare_bytes, 1200u);
  EXPECT_GT(spare_bytes, 900u);
}

TEST(Context, StaysTheSameWhileAWordIsTyped) {
  Workspace w;
  write_shapes(w);
  const std::string before =
      "#include \"geo/shape.h\"\nint main() {\n  RectangleSize size{1, 2};\n  int area = ";
  std::vector<std::string> first;
  const std::string word = "rectangle_are";
  for (std::size_t typed = 1; typed <= word.size(); ++typed) {
    const auto chunks = summaries(w.context("main.cpp", before + word.substr(0, typed) + "^\n}\n"));
    if (typed == 1) first = chunks;
    EXPECT_EQ(chunks, first) << word.substr(0, typed);
  }
  EXPECT_THAT(first, Not(IsEmpty()));
}

TEST(Context, IsEmptyWhereNothingIsRelated) {
  Workspace w;
  write_shapes(w);
  EXPECT_THAT(w.context("notes.py", "import zzz\nqqq = 1\n^\n"), IsEmpty());
  EXPECT_THAT(w.context("", "^"), IsEmpty());
}

TEST(Context, SeesUnsavedText) {
  Workspace w;
  write_shapes(w);
  w.index().set_buffer("geo/unsaved.h", std::make_shared<const std::string>(
                                            "struct UnsavedThing {\n  int only_in_editor;\n};\n"));
  EXPECT_THAT(texts(w.context("main.cpp", "UnsavedThing thing;\nthing.^\n")),
              HasSubstr("only_in_editor"));
}

TEST(Context, RefusesACursorOutsideTheText) {
  Workspace w;
  write_shapes(w);
  Expected<std::vector<ContextChunk>> chunks =
      w.index().context({.path = "a.cpp", .text = "int x;", .cursor = 7});
  ASSERT_FALSE(chunks);
  EXPECT_EQ(chunks.error().kind(), Errc::kInvalidInput);
  EXPECT_THAT(chunks.error().message(), HasSubstr("a.cpp"));
}

TEST(Context, TakesAnyTextAndCursor) {
  Workspace w;
  write_shapes(w);
  const std::string nasty[] = {
      std::string(3, '\0'),         "\xff\xfe\x80",           "\n\n\n",          "\r\n\r\nint",
      std::string(100'000, 'a'),    std::string(5'000, '\n'), "    \n  \n \n\t", "{{{{((((",
      "int \xf0\x9f\x98\x80 = 1;\n"};
  for (const std::string& text : nasty) {
    for (std::size_t cursor : {std::size_t{0}, text.size() / 2, text.size()})
      EXPECT_TRUE(w.index().context({.path = "x.cpp", .text = text, .cursor = cursor}));
  }
}

}  // namespace
}  // namespace curlew::indexer::testing
