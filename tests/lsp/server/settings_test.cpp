#include "lsp/server/settings.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace curlew::server {
namespace {
namespace fs = std::filesystem;

using protocol::Json;

// A folder that is the user's home and a workspace, and goes away.
class SettingsTest : public testing::Test {
 protected:
  SettingsTest() {
    std::string name = testing::TempDir() + "curlew-settings-XXXXXX";
    root_ = ::mkdtemp(name.data());
    ::setenv("XDG_CONFIG_HOME", (root_ / "config").c_str(), 1);
    ::setenv("XDG_DATA_HOME", (root_ / "data").c_str(), 1);
    ::setenv("CURLEW_BUNDLED_DIR", (root_ / "bundled").c_str(), 1);
  }
  ~SettingsTest() override {
    ::unsetenv("XDG_CONFIG_HOME");
    ::unsetenv("XDG_DATA_HOME");
    ::unsetenv("CURLEW_BUNDLED_DIR");
    fs::remove_all(root_);
  }
  void write(const fs::path& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  fs::path root_;
};

std::vector<std::string> complaints_of(const Json& json, Settings& settings) {
  std::vector<std::string> complaints;
  apply_settings(json, "test", settings, complaints);
  return complaints;
}

TEST_F(SettingsTest, TakeEveryKeyInEverySpelling) {
  Settings settings;
  EXPECT_TRUE(
      complaints_of(
          {{"model", "none"},
           {"endpointModel", "m"},
           {"completion.budgetMs", 900},
           {"completion", {{"enabled", false}, {"lines", "one"}, {"disabledLanguages", {"go"}}}},
           {"index", {{"enabled", false}, {"store", "/tmp/x"}}},
           {"log", {{"level", "debug"}}},
           {"seed", 9007199254740991},
           {"temperature", 0.5},
           {"kvCache", "q8_0"},
           {"adapter", "/tmp/lora"},
           {"prefix_cache", false},
           {"fimFormat", "codellama-spm"},
           {"next_edit_format", "none"},
           {"chat.format", "llama-3"},
           {"trace", {{"server", "verbose"}}},
           {"server", {{"path", "/usr/bin/curlew"}}}},
          settings)
          .empty());
  EXPECT_EQ(settings.model, "none");
  EXPECT_EQ(settings.endpoint_model, "m");
  EXPECT_EQ(settings.kv_cache, "q8_0");
  EXPECT_EQ(settings.adapter, "/tmp/lora");
  EXPECT_FALSE(settings.prefix_cache);
  EXPECT_EQ(settings.fim_format, "codellama-spm");
  EXPECT_EQ(settings.next_edit_format, "none");
  EXPECT_EQ(settings.chat_format, "llama-3");
  EXPECT_EQ(settings.completion_budget_ms, 900);
  EXPECT_FALSE(settings.completion_enabled);
  EXPECT_EQ(settings.lines, "one");
  EXPECT_EQ(settings.disabled_languages, std::vector<std::string>{"go"});
  EXPECT_FALSE(settings.index_enabled);
  EXPECT_EQ(settings.index_store, "/tmp/x");
  EXPECT_EQ(settings.log_level, "debug");
  EXPECT_EQ(settings.seed, 9007199254740991u);
  EXPECT_EQ(settings.temperature, 0.5);
}

TEST_F(SettingsTest, ComplainAboutWhatTheyDoNotTake) {
  Settings settings;
  const std::pair<Json, std::string> cases[] = {
      {{{"modle", "x"}}, "test: unknown key 'modle'"},
      {{{"model", 5}}, "test: 'model': expected text, got 5"},
      {{{"threads", -1}}, "test: 'threads': expected a whole number from 0 to 1024, got -1"},
      {{{"threads", 1.5}}, "test: 'threads': expected a whole number from 0 to 1024, got 1.5"},
      {{{"device", "tpu"}}, "test: 'device': expected one of auto, cpu, cuda, got \"tpu\""},
      {{{"next_edit_format", "zeta2"}},
       "test: 'next_edit_format': expected one of auto, none, zeta-2.1, zeta-2, zeta, sweep-v2, "
       "sweep, "
       "got \"zeta2\""},
      {{{"disabled_languages", {1}}},
       "test: 'disabled_languages': expected a list of texts, got [1]"},
      {{{"index", {{"enabled", "yes"}}}},
       "test: 'index.enabled': expected true or false, got \"yes\""},
      {Json::array(), "test: expected an object"},
  };
  for (const auto& [json, want] : cases)
    EXPECT_EQ(complaints_of(json, settings), std::vector<std::string>{want});
  EXPECT_EQ(settings.threads, Settings().threads);
  EXPECT_EQ(settings.device, "auto");
}

TEST_F(SettingsTest, ReadTheUsersFileThenTheWorkspaces) {
  write("config/curlew/config.toml", "threads = 3\ndevice = \"cpu\"\n");
  write("w/curlew.toml", "device = \"auto\"\nwhen = 1979-05-27\n[completion]\nbudget_ms = 77\n");
  const LoadedSettings loaded = load_settings(root_ / "w");
  EXPECT_EQ(loaded.settings.threads, 3);
  EXPECT_EQ(loaded.settings.device, "auto");
  EXPECT_EQ(loaded.settings.completion_budget_ms, 77);
  ASSERT_EQ(loaded.complaints.size(), 1u);
  EXPECT_NE(loaded.complaints[0].find("unknown key 'when'"), std::string::npos);
  EXPECT_EQ(load_settings(std::nullopt).settings.device, "cpu");
}

TEST_F(SettingsTest, NameThePlaceOfBrokenToml) {
  write("w/curlew.toml", "threads = 2\nmodel = = 1\n");
  const LoadedSettings loaded = load_settings(root_ / "w");
  ASSERT_EQ(loaded.complaints.size(), 1u);
  EXPECT_NE(loaded.complaints[0].find("curlew.toml:2:"), std::string::npos) << loaded.complaints[0];
}

TEST_F(SettingsTest, OverlayOnlyTheNamedFields) {
  Settings settings, from;
  from.model = "mine";
  from.threads = 7;
  overlay_settings(settings, from, {"model"});
  EXPECT_EQ(settings.model, "mine");
  EXPECT_EQ(settings.threads, 0);
  Settings all;
  overlay_settings(all, from, setting_names());
  EXPECT_EQ(all.threads, 7);
}

TEST_F(SettingsTest, FindModelsByNameAndPath) {
  write("data/curlew/models/big.gguf", "x");
  write("bundled/a.gguf", "x");
  EXPECT_EQ(*find_model("big"), root_ / "data/curlew/models/big.gguf");
  EXPECT_EQ(*find_model((root_ / "bundled/a.gguf").string()), root_ / "bundled/a.gguf");
  EXPECT_EQ(*find_model("bundled"), root_ / "bundled/a.gguf");
  const auto missing = find_model("missing");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message().find((root_ / "data/curlew/models/missing.gguf").string()),
            std::string::npos);
}

TEST_F(SettingsTest, MakeNoGeneratorWhenNoneIsWanted) {
  const auto none = make_generator({.model = "none"}, {});
  ASSERT_TRUE(none);
  EXPECT_EQ(*none, nullptr);
  EXPECT_FALSE(make_generator({.model = "/not/there.gguf"}, {}));
}

}  // namespace
}  // namespace curlew::server
