// What the tools of this folder share: their command lines, their cases, and files as an editor of
// the case would have them open.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace curlew::bench {

// "TOOL A B [--name VALUE]...": what is plain, and the options by name.
struct Arguments {
  std::vector<std::string> plain;
  std::map<std::string, std::string> options;

  std::string option(const std::string& name) const;  // "" when it was not given
};
// Says how the tool is used, and gives nothing, unless all plain arguments and no other options
// are there. `usage` names them: "TOOL CASES.jsonl [--trees DIR]".
std::optional<Arguments> read_arguments(int argc, char** argv, const std::string& usage);

// The cases of a file (make_cases.py), as many as the option --limit allows. False when it cannot
// be read.
bool for_each_case(const std::string& path, const Arguments& arguments,
                   const std::function<void(const nlohmann::json&)>& take);

struct Neighbour {
  std::string path;
  std::shared_ptr<const std::string> text;
};

// At most three other files of the case's folder with its ending, by name; none without `trees`,
// the folder that holds the cases' trees.
std::vector<Neighbour> neighbours(const std::string& trees, const nlohmann::json& value);

}  // namespace curlew::bench
