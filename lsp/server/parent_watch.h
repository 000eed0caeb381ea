// Notices the end of the process that started us, so that a crashed editor leaves no server behind.
#pragma once

#include <memory>

namespace curlew::server {

class ParentWatch {
 public:
  // Null when there is no such process to begin with: an editor in another container names an id
  // that means nothing here, and that is no reason to end.
  static std::unique_ptr<ParentWatch> start(int process_id);
  ~ParentWatch();
  ParentWatch(const ParentWatch&) = delete;
  ParentWatch& operator=(const ParentWatch&) = delete;

  int fd() const;  // becomes readable when the process is gone

 private:
  struct Poller;  // for kernels without pidfd_open
  ParentWatch(int fd, std::unique_ptr<Poller> poller);

  int fd_;
  std::unique_ptr<Poller> poller_;
};

}  // namespace curlew::server
