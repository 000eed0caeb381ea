#include "lsp/protocol/transport.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>

namespace curlew::protocol {
namespace {

class TransportTest : public testing::Test {
 protected:
  TransportTest() {
    std::array<int, 2> ends;
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    client_ = ends[0];
    transport_ = std::make_unique<Transport>(ends[1], ends[1]);
  }
  ~TransportTest() override {
    if (client_ >= 0) ::close(client_);
  }

  std::string received() {
    std::string all;
    std::array<char, 4096> bytes;
    while (true) {
      const ssize_t got = ::read(client_, bytes.data(), bytes.size());
      if (got <= 0) return all;
      all.append(bytes.data(), static_cast<std::size_t>(got));
    }
  }
  void write(std::string_view bytes) {
    ASSERT_EQ(::write(client_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }

  int client_ = -1;
  std::unique_ptr<Transport> transport_;
};

TEST_F(TransportTest, DeliversWhatWasQueuedBeforeItsEnd) {
  for (int idx = 0; idx < 100; ++idx) transport_->send(std::string(1000, 'x'));
  std::string all;
  std::thread reader([&] { all = received(); });
  transport_.reset();
  reader.join();
  std::string want;
  for (int idx = 0; idx < 100; ++idx) want += make_frame(std::string(1000, 'x'));
  EXPECT_EQ(all, want);
}

TEST_F(TransportTest, ReadsFramesAndThenTheEnd) {
  write(make_frame("a") + "junk\r\n" + make_frame("b"));
  EXPECT_EQ(std::get<Frame>(transport_->read()).body, "a");
  EXPECT_TRUE(std::holds_alternative<BadFrame>(transport_->read()));
  EXPECT_EQ(std::get<Frame>(transport_->read()).body, "b");
  ::close(std::exchange(client_, -1));
  EXPECT_EQ(std::get<End>(transport_->read()).why, "end of input");
}

TEST_F(TransportTest, CloseWakesTheReader) {
  std::thread closer([&] { transport_->close("enough"); });
  EXPECT_EQ(std::get<End>(transport_->read()).why, "enough");
  closer.join();
}

TEST_F(TransportTest, EndsWhenAWatchedDescriptorBecomesReadable) {
  std::array<int, 2> pipe;
  ASSERT_EQ(::pipe(pipe.data()), 0);
  transport_->end_when_readable(pipe[0], "the parent is gone");
  write(make_frame("a"));
  EXPECT_EQ(std::get<Frame>(transport_->read()).body, "a");
  ::close(pipe[1]);
  EXPECT_EQ(std::get<End>(transport_->read()).why, "the parent is gone");
  ::close(pipe[0]);
}

TEST_F(TransportTest, GivesUpAClientThatDoesNotRead) {
  const std::string body(1 << 20, 'x');
  for (std::size_t sent = 0; sent <= kQueuedBytesMax; sent += body.size()) transport_->send(body);
  EXPECT_NE(std::get<End>(transport_->read()).why.find("unread"), std::string::npos);
}

TEST_F(TransportTest, SendingToAClientThatLeftIsHarmless) {
  ::close(std::exchange(client_, -1));
  for (int idx = 0; idx < 10; ++idx) transport_->send("x");
  EXPECT_TRUE(std::holds_alternative<End>(transport_->read()));
}

}  // namespace
}  // namespace curlew::protocol
