// What follows for certain from an edit, carried out everywhere.
#include "lsp/assist/next_edit/follow_up.h"

#include <gtest/gtest.h>

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>

namespace curlew::assist {
namespace {

namespace fs = std::filesystem;

class FollowUpTest : public testing::Test {
 protected:
  FollowUpTest()
      : root_(fs::temp_directory_path() /
              fmt::format("curlew-follow-{}-{}", ::getpid(),
                          testing::UnitTest::GetInstance()->current_test_info()->name())) {}
  ~FollowUpTest() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
    texts_[path] = std::make_shared<const std::string>(text);
  }

  FollowUp follow(const std::string& path, const std::string& after) {
    auto index = indexer::Index::open({.root = root_, .threads = 1, .read_only_memory = true});
    EXPECT_TRUE(index && (*index)->update());
    const NextEditSources sources{.index = index->get(), .read = [this](const std::string& other) {
                                    const auto found = texts_.find(other);
                                    return found == texts_.end() ? nullptr : found->second;
                                  }};
    auto followed = follow_up(sources, path, *texts_.at(path), after, {});
    EXPECT_TRUE(followed) << followed.error().message();
    return followed ? *followed : FollowUp{};
  }

  // The file's text with the first `from` made `to`.
  std::string with(const std::string& path, const std::string& from, const std::string& to) const {
    const std::string& text = *texts_.at(path);
    const std::size_t at = text.find(from);
    return fmt::format("{}{}{}", text.substr(0, at), to, text.substr(at + from.size()));
  }

  const fs::path root_;
  std::map<std::string, std::shared_ptr<const std::string>> texts_;
};

TEST_F(FollowUpTest, RenamesEveryUseHereAndElsewhere) {
  std::string uses;
  for (int i = 0; i < 30; ++i) uses += fmt::format("    total += gross({})\n", i);
  write("price.py",
        "def gross(net):\n    return net\n\n\ndef twice(net):\n    return gross(net) * 2\n");
  write(
      "cart.py",
      fmt::format("from price import gross\n\n\ndef total():\n    total = 0\n{}    return total\n",
                  uses));
  const std::string after = with("price.py", "gross", "gross_price");
  const FollowUp all = follow("price.py", after);
  EXPECT_NE(all.after.at("price.py").find("return gross_price(net) * 2"), std::string::npos);
  const std::string& cart = all.after.at("cart.py");
  EXPECT_NE(cart.find("from price import gross_price\n"), std::string::npos);
  EXPECT_NE(cart.find("gross_price(29)"), std::string::npos);
  EXPECT_EQ(cart.find("gross("), std::string::npos) << cart;
  EXPECT_EQ(all.before.at("cart.py"), *texts_["cart.py"]);
  EXPECT_EQ(all.before.at("price.py"), after);
  EXPECT_EQ(all.places, 32);
  ASSERT_EQ(all.why.size(), 1u);
}

TEST_F(FollowUpTest, FollowsAnImportThatNamesTheFileWhateverElseIsCalledSo) {
  write("geo.py", "def area(w, h):\n    return w * h\n");
  write("other.py", "area = 3\n");
  write("use.py", "from geo import area\nprint(area(1, 2))\n");
  write("pkg/more.py", "from other import area\nprint(area)\n");
  const FollowUp followed = follow("geo.py", with("geo.py", "area", "surface"));
  ASSERT_EQ(followed.after.count("use.py"), 1u);
  EXPECT_EQ(followed.after.at("use.py"), "from geo import surface\nprint(surface(1, 2))\n");
  EXPECT_EQ(followed.after.count("other.py"), 0u);
  EXPECT_EQ(followed.after.count("pkg/more.py"), 0u);
  EXPECT_EQ(followed.notes,
            std::vector<std::string>{"`area` in pkg/more.py is left: other.py has one of its own"});
}

TEST_F(FollowUpTest, FollowsAnImportOfAScript) {
  write("src/geo.ts", "export function area(w: number) { return w; }\n");
  write("src/other.ts", "export function area() { return 3; }\n");
  write("src/use.ts", "import { area } from \"./geo\";\nexport const a = area(1);\n");
  const FollowUp followed = follow("src/geo.ts", with("src/geo.ts", "area", "surface"));
  ASSERT_EQ(followed.after.count("src/use.ts"), 1u);
  EXPECT_EQ(followed.after.at("src/use.ts"),
            "import { surface } from \"./geo\";\nexport const a = surface(1);\n");
}

TEST_F(FollowUpTest, DropsTheArgumentOfAParameterThatIsGone) {
  write("a.py",
        "def area(width, height, unit):\n    return width * height\n\n\nprint(area(1, 2, 'm'))\n");
  write("b.py", "from a import area\n\nprint(area(3, 4, 'm'))\n");
  const FollowUp followed = follow("a.py", with("a.py", ", unit", ""));
  EXPECT_NE(followed.after.at("a.py").find("print(area(1, 2))"), std::string::npos);
  EXPECT_NE(followed.after.at("b.py").find("print(area(3, 4))"), std::string::npos);
}

TEST_F(FollowUpTest, IsNothingWhereNothingIsCertain) {
  write("a.py", "def area(width, height):\n    return width * height\n");
  const FollowUp followed = follow("a.py", with("a.py", "*", "+"));
  EXPECT_TRUE(followed.after.empty());
  EXPECT_EQ(followed.places, 0);
}

TEST_F(FollowUpTest, EndsWhenItIsCancelled) {
  write("a.py", "def gross(net):\n    return net\n");
  std::stop_source stop;
  stop.request_stop();
  const auto followed =
      follow_up({}, "a.py", *texts_["a.py"], "def net(net):\n    return net\n", stop.get_token());
  ASSERT_FALSE(followed);
  EXPECT_EQ(followed.error().kind(), Errc::kCancelled);
}

}  // namespace
}  // namespace curlew::assist
