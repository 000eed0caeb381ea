#include "indexer/source/language.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace curlew::indexer {
namespace {

std::string name_of(std::string_view path, std::string_view head = "") {
  const Language* language = language_of(path, head);
  return language == nullptr ? "" : std::string(language->name);
}

TEST(LanguageOf, GoesByExtensionInAnyCase) {
  EXPECT_EQ(name_of("a/b.h"), "cpp");
  EXPECT_EQ(name_of("a/b.C++"), "cpp");
  EXPECT_EQ(name_of("a.PY"), "python");
  EXPECT_EQ(name_of("x.tar.gz"), "");
  EXPECT_EQ(name_of("a.b/c.d.ts"), "typescript");
  EXPECT_EQ(name_of("a.cpp/notes"), "");
}

TEST(LanguageOf, GoesByWholeNames) {
  EXPECT_EQ(name_of("home/.bashrc"), "bash");
  EXPECT_EQ(name_of("CMakeLists.txt"), "cmake");
  EXPECT_EQ(name_of("other.txt"), "");
  EXPECT_EQ(name_of("Cargo.lock"), "toml");
}

TEST(LanguageOf, GoesByTheFirstLineWhereTheNameSaysNothing) {
  EXPECT_EQ(name_of("run", "#!/usr/bin/env python3.11\n"), "python");
  EXPECT_EQ(name_of("run", "#!/bin/sh -e\n"), "bash");
  EXPECT_EQ(name_of("run", "#! /usr/bin/env -S LANG=C node --flag\r\n"), "javascript");
  EXPECT_EQ(name_of("vector", "// <vector> -*- C++ -*-\n"), "cpp");
  EXPECT_EQ(name_of("x", "# -*- mode: Python; coding: utf-8 -*-\n"), "python");
  EXPECT_EQ(name_of("run", "#!/usr/bin/unknown\n"), "");
  EXPECT_EQ(name_of("run", "#!"), "");
  EXPECT_EQ(name_of("run", "-*-"), "");
  EXPECT_EQ(name_of("a.unknown", "#!/bin/sh\n"), "");
}

TEST(Languages, NoExtensionOrFileNameBelongsToTwo) {
  std::set<std::string_view> seen;
  for (const Language& language : languages()) {
    for (const std::string_view e : language.extensions) EXPECT_TRUE(seen.insert(e).second) << e;
    for (const std::string_view f : language.file_names) EXPECT_TRUE(seen.insert(f).second) << f;
    EXPECT_EQ(language_by_name(language.name), &language);
  }
}

}  // namespace
}  // namespace curlew::indexer
