#include "tests/bench/completion/requests.h"

namespace curlew::bench {

CaseRequest::CaseRequest(const nlohmann::json& value, const std::string& trees, assist::Lines lines,
                         assist::CopyMix mix) {
  const std::string prefix = value["prefix"];
  text_ = prefix + value["suffix"].get<std::string>();
  request_.path = value.value("path", "");
  request_.text = text_;
  request_.cursor = prefix.size();
  request_.lines = lines;
  request_.explicit_request = true;
  request_.copy_mix = mix;
  for (const Neighbour& file : neighbours(trees, value))
    request_.open_documents.push_back({file.path, file.text});
}

}  // namespace curlew::bench
