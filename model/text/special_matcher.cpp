#include "model/text/special_matcher.h"

namespace curlew::model {

SpecialMatcher::SpecialMatcher() : ends_(1, -1) {}

void SpecialMatcher::add(std::string_view spelling, TokenId id) {
  Node node = kNone;
  for (const char byte : spelling) {
    Node next = child(node, byte);
    if (next == kNone) {
      next = static_cast<Node>(ends_.size());
      ends_.push_back(-1);
      if (node == kNone) {
        first_[static_cast<unsigned char>(byte)] = next;
      } else {
        edges_.emplace(edge(node, byte), next);
      }
    }
    node = next;
  }
  if (node != kNone && ends_[node] < 0) ends_[node] = id;
}

}  // namespace curlew::model
