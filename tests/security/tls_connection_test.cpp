// A TLS connection: what it promises as a connection, and whom it lets through.
#include "broker/security/tls/tls_connection.h"

#include "broker/security/openssl_handles.h"
#include "broker/security/tls/tls_entropy.h"
#include "tests/security/tls_kit.h"

namespace fulmar {
namespace {

using namespace test_certificates;

TEST(TlsConnection, CarriesBytesBothWaysAndAnOrderlyEnd) {
  with_tls(client_settings(), server_settings(), [](Host&, TlsEnds& ends) {
    ASSERT_TRUE(ends.client_through) << to_string(ends.client_through.error());
    ASSERT_TRUE(ends.server_through) << to_string(ends.server_through.error());
    EXPECT_EQ(ends.server->protocol(), "TLSv1.3");
    EXPECT_EQ(ends.server->peer_name(), std::nullopt) << "it was not asked";
    EXPECT_EQ(ends.client->peer_name(), "CN=broker,O=Test,C=DE");
    std::string large(3'000'000, '\0');
    for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 2654435761u >> 13);
    FiberGroup fibers;
    fibers.spawn("client writes", [&] {
      ByteChain chain;
      for (std::size_t from = 0, piece = 1; from < large.size(); from += piece, piece = piece * 3 + 1)
        chain.append(Bytes::copy_of(std::string_view(large).substr(from, piece)));
      EXPECT_TRUE(ends.client->write(chain, Deadline::never()));
      ends.client->shutdown_write();
    });
    fibers.spawn("server writes", [&] {
      EXPECT_TRUE(ends.server->write(chain_of("short"), Deadline::never()));
      ends.server->shutdown_write();
    });
    auto at_server = read_to_end(*ends.server);
    ASSERT_TRUE(at_server) << to_string(at_server.error());
    EXPECT_EQ(*at_server, large);
    EXPECT_EQ(read_to_end(*ends.client).value(), "short");
    fibers.join();
  });
}

TEST(TlsConnection, WithoutTheOthersWordTheEndIsAnError) {
  with_ends([](Host& host, std::unique_ptr<Connection> client, std::unique_ptr<Connection> server) {
    auto* transport = client.get();
    auto ends =
        shake_hands(host, std::move(client), std::move(server), context(host, client_settings(), TlsEnd::client),
                    context(host, server_settings(), TlsEnd::server));
    ASSERT_TRUE(ends.client->write(chain_of("half of it"), Deadline::never()));
    transport->shutdown_write();
    char text[100];
    EXPECT_EQ(ends.server->read(text, Deadline::never()).value(), 10u);
    EXPECT_EQ(ends.server->read(text, Deadline::never()).error().code, Errc::reset);
  });
}

TEST(TlsConnection, AReaderGivesUpAtItsDeadlineAndGoesOnLater) {
  with_tls(client_settings(), server_settings(), [](Host& host, TlsEnds& ends) {
    char text[10];
    EXPECT_EQ(ends.server->read(text, host.clock().deadline_in(seconds(1))).error().code, Errc::timed_out);
    EXPECT_EQ(ends.server->read(text, Deadline{host.clock().now()}).error().code, Errc::timed_out);
    ASSERT_TRUE(ends.client->write(chain_of("x"), Deadline::never()));
    EXPECT_EQ(ends.server->read(text, host.clock().deadline_in(seconds(1))).value(), 1u);
  });
}

struct Wake final : ReadinessListener {
  void ready() noexcept override { event.set(); }
  Event event;
};

TEST(TlsConnection, TellsWhenItIsReadableAlsoOfWhatItHasDecryptedAlready) {
  with_tls(client_settings(), server_settings(), [](Host& host, TlsEnds& ends) {
    Wake wake;
    ends.server->when_readable(&wake);
    EXPECT_FALSE(wake.event.is_set());
    ASSERT_TRUE(ends.client->write(chain_of("two"), Deadline::never()));
    wake.event.wait();
    char letter = 0;
    for (char expected : {'t', 'w', 'o'}) {
      ASSERT_EQ(ends.server->read({&letter, 1}, host.clock().deadline_in(seconds(1))).value(), 1u);
      EXPECT_EQ(letter, expected);
      Wake more;
      ends.server->when_readable(&more);
      EXPECT_EQ(more.event.is_set(), expected != 'o');
      ends.server->when_readable(nullptr);
    }
  });
}

// OpenSSL sees a broken record when it is asked whether there is something to read; then somebody writes.
TEST(TlsConnection, ABrokenRecordThatNobodyHasReadYetFailsAWrite) {
  with_ends([](Host& host, std::unique_ptr<Connection> client, std::unique_ptr<Connection> server) {
    auto* raw = client.get();
    auto ends =
        shake_hands(host, std::move(client), std::move(server), context(host, client_settings(), TlsEnd::client),
                    context(host, server_settings(), TlsEnd::server));
    ASSERT_TRUE(ends.client_through && ends.server_through);
    ASSERT_TRUE(ends.client->write(chain_of("x"), Deadline::never()));
    ASSERT_TRUE(raw->write(chain_of(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, '?')), Deadline::never()));
    host.clock().sleep_for(seconds(1));
    char text[10];
    ASSERT_EQ(ends.server->read(text, host.clock().deadline_in(seconds(1))).value(), 1u);
    Wake wake;
    ends.server->when_readable(&wake);
    EXPECT_TRUE(wake.event.is_set());
    auto written = ends.server->write_some(chain_of("answer"), 0);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, Errc::reset);
    EXPECT_FALSE(ends.server->read(text, host.clock().deadline_in(seconds(1))));
  });
}

TEST(TlsConnection, WhatAPeerDoesNotTakeIsWrittenInPiecesAndBounded) {
  with_tls(client_settings(), server_settings(), [](Host& host, TlsEnds& ends) {
    auto data = chain_of(std::string(20'000'000, 'x'));
    std::size_t written = 0;
    for (;;) {
      auto more = ends.server->write_some(data, written).value();
      if (more == 0) break;
      written += more;
    }
    EXPECT_LT(written, data.size()) << "the peer has read nothing";
    std::size_t read = 0;
    FiberGroup fibers;
    fibers.spawn("reader", [&] {
      auto text = read_to_end(*ends.client);
      read = text ? text->size() : 0;
    });
    while (written < data.size()) {
      Wake wake;
      ends.server->when_writable(&wake);
      ASSERT_EQ(wake.event.wait(host.clock().deadline_in(seconds(60))), WaitResult::woken);
      written += ends.server->write_some(data, written).value();
    }
    ends.server->shutdown_write();
    fibers.join();
    EXPECT_EQ(read, data.size());
  });
}

TEST(TlsConnection, AnAbortEndsWhoWaits) {
  with_tls(client_settings(), server_settings(), [](Host& host, TlsEnds& ends) {
    FiberGroup fibers;
    fibers.spawn("reader", [&] {
      char byte = 0;
      EXPECT_EQ(ends.server->read({&byte, 1}, Deadline::never()).error().code, Errc::closed);
    });
    host.clock().sleep_for(milliseconds(10));
    ends.server->abort();
    fibers.join();
  });
}

// Whether both ends are through; their errors must not be empty where they are not.
bool through(const TlsSettings& client, const TlsSettings& server, const std::string& name = "broker.example",
             std::string* why_of_client = nullptr, std::string* why_of_server = nullptr) {
  bool both = false;
  with_tls(
      client, server,
      [&](Host& host, TlsEnds& ends) {
        // In TLS 1.3 a client is through before it knows whether the server takes its certificate.
        char byte = 0;
        auto after = ends.client_through ? ends.client->read({&byte, 1}, host.clock().deadline_in(seconds(1)))
                                         : std::unexpected(ends.client_through.error());
        both = ends.server_through && !after && after.error().code == Errc::timed_out;
        if (why_of_client && !after) *why_of_client = to_string(after.error());
        if (why_of_server && !ends.server_through) *why_of_server = to_string(ends.server_through.error());
      },
      name);
  return both;
}

TEST(TlsConnection, AClientTrustsTheServerItMeansToReachAndNoOther) {
  std::string why;
  EXPECT_TRUE(through(client_settings(), server_settings()));
  EXPECT_TRUE(through(client_settings(), server_settings(), "10.0.0.1"));
  EXPECT_FALSE(through(client_settings(), server_settings(), "elsewhere.example", &why));
  EXPECT_NE(why.find("hostname mismatch"), std::string::npos) << why;
  EXPECT_FALSE(through(client_settings(), server_settings(), "10.9.9.9"));
  auto careless = client_settings();
  careless.check_server_name = false;
  EXPECT_TRUE(through(careless, server_settings(), "elsewhere.example"));
  EXPECT_FALSE(
      through(client_settings(), with_certificate({}, stranger_certificate, stranger_key), "broker.example", &why));
  EXPECT_NE(why.find("self-signed certificate"), std::string::npos) << why;
  EXPECT_FALSE(
      through(client_settings(), with_certificate({}, expired_certificate, expired_key), "broker.example", &why));
  EXPECT_NE(why.find("certificate has expired"), std::string::npos) << why << ": by the machine's clock";
}

TEST(TlsConnection, AServerLetsInWhoHasACertificateThatItTrusts) {
  auto alice = with_certificate(client_settings(), client_certificate, client_key);
  auto mallory = with_certificate(client_settings(), stranger_certificate, stranger_key);
  std::string why;
  EXPECT_TRUE(through(alice, mutual(server_settings())));
  EXPECT_FALSE(through(client_settings(), mutual(server_settings()), "broker.example", nullptr, &why));
  EXPECT_NE(why.find("peer did not return a certificate"), std::string::npos) << why;
  EXPECT_FALSE(through(mallory, mutual(server_settings()), "broker.example", nullptr, &why));
  EXPECT_NE(why.find("self-signed certificate"), std::string::npos) << why;
  EXPECT_TRUE(through(client_settings(), mutual(server_settings(), ClientAuth::requested)));
  EXPECT_FALSE(through(mallory, mutual(server_settings(), ClientAuth::requested)));
  with_tls(alice, mutual(server_settings()),
           [](Host&, TlsEnds& ends) { EXPECT_EQ(ends.server->peer_name(), "CN=alice,OU=Clients,O=Test,C=DE"); });
}

TEST(TlsConnection, OnlyVersionsAndCipherSuitesThatBothAllowAreUsed) {
  auto only = [](TlsSettings settings, bool tls_1_2, bool tls_1_3) {
    settings.tls_1_2 = tls_1_2;
    settings.tls_1_3 = tls_1_3;
    return settings;
  };
  EXPECT_TRUE(through(only(client_settings(), true, false), server_settings()));
  EXPECT_TRUE(through(client_settings(), only(server_settings(), true, false)));
  EXPECT_FALSE(through(only(client_settings(), true, false), only(server_settings(), false, true)));
  auto suites = server_settings();
  suites.cipher_suites = {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"};
  with_tls(client_settings(), suites, [](Host&, TlsEnds& ends) {
    EXPECT_TRUE(ends.server_through);
    EXPECT_EQ(ends.server->protocol(), "TLSv1.2") << "the suite is none of TLS 1.3";
  });
  suites.cipher_suites = {"TLS_AES_256_GCM_SHA384"};
  EXPECT_FALSE(through(only(client_settings(), true, false), suites));
}

// A client of OpenSSL's own, since ours has no way to ask for it.
TEST(TlsConnection, WhoWantsToRenegotiateIsToldAtOnceThatThereIsNoSuchThing) {
  with_ends([](Host& host, std::unique_ptr<Connection> client, std::unique_ptr<Connection> server) {
    TlsConnection tls(host, context(host, server_settings(), TlsEnd::server), std::move(server));
    std::unique_ptr<SSL_CTX, ReleasedBy<SSL_CTX_free>> settings(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_max_proto_version(settings.get(), TLS1_2_VERSION);
    std::unique_ptr<SSL, ReleasedBy<SSL_free>> ssl(SSL_new(settings.get()));
    SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl.get());
    // The reason why it fails; 0: it is through.
    auto shake_hands = [&] {
      for (;;) {
        int why = SSL_ERROR_NONE;
        int reason = 0;
        {
          TlsEntropy drawing(host.entropy());
          ERR_clear_error();
          why = SSL_get_error(ssl.get(), SSL_do_handshake(ssl.get()));
          reason = ERR_GET_REASON(ERR_peek_error());
        }
        std::string out(BIO_ctrl_pending(SSL_get_wbio(ssl.get())), '\0');
        BIO_read(SSL_get_wbio(ssl.get()), out.data(), static_cast<int>(out.size()));
        EXPECT_TRUE(client->write(chain_of(out)));
        if (why == SSL_ERROR_NONE) return 0;
        if (why != SSL_ERROR_WANT_READ) return reason;
        char in[5000];
        auto got = client->read(in, host.clock().deadline_in(seconds(5)));
        if (!got) return -1;
        BIO_write(SSL_get_rbio(ssl.get()), in, static_cast<int>(*got));
      }
    };
    FiberGroup fibers;
    fibers.spawn("server", [&] {
      ASSERT_TRUE(tls.handshake(host.clock().deadline_in(seconds(10))));
      char byte = 0;
      EXPECT_EQ(tls.read({&byte, 1}, host.clock().deadline_in(seconds(20))).error().code, Errc::reset)
          << "the client gives up";
    });
    EXPECT_EQ(shake_hands(), 0);
    SSL_renegotiate(ssl.get());
    EXPECT_EQ(shake_hands(), SSL_R_NO_RENEGOTIATION);
    client->shutdown_write();
    fibers.join();
  });
}

// What a stranger may send instead of a handshake.
TEST(TlsConnection, WhatIsNoHandshakeIsRefusedWithAReason) {
  const std::pair<std::string, std::string> cases[] = {
      {std::string("\0\0\0\x20\0\x12\0\x03\0\0\0\0\0\4test\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 36), "it speaks no TLS"},
      {"GET / HTTP/1.1\r\n\r\n", "it speaks no TLS"},
      {std::string("\x16\x03\x01\xff\xff", 5) + std::string(100, 'x'), "TLS"},
      {std::string("\x16\x03\x01\x00\x04\x01\xff\xff\xff", 9), "TLS handshake: "}};
  for (const auto& [bytes, why] : cases)
    with_ends([&](Host& host, std::unique_ptr<Connection> client, std::unique_ptr<Connection> server) {
      TlsConnection tls(host, context(host, server_settings(), TlsEnd::server), std::move(server));
      ASSERT_TRUE(client->write(chain_of(bytes)));
      auto through = tls.handshake(host.clock().deadline_in(seconds(10)));
      ASSERT_FALSE(through);
      EXPECT_NE(through.error().detail.find(why), std::string::npos) << through.error().detail;
    });
}

TEST(TlsConnection, AHandshakeIsBoundedInTimeAndBytes) {
  with_ends([&](Host& host, std::unique_ptr<Connection> client, std::unique_ptr<Connection> server) {
    TlsConnection tls(host, context(host, server_settings(), TlsEnd::server), std::move(server));
    ASSERT_TRUE(client->write(chain_of(std::string("\x16\x03\x01", 3))));
    EXPECT_EQ(tls.handshake(host.clock().deadline_in(seconds(10))).error().code, Errc::timed_out);
  });
  with_ends([&](Host& host, std::unique_ptr<Connection> client, std::unique_ptr<Connection> server) {
    TlsConnection tls(host, context(host, server_settings(), TlsEnd::server), std::move(server));
    FiberGroup flood;
    // Well-formed records that never make a whole message would go on for ever.
    flood.spawn("flood", [&] {
      std::string record = std::string("\x16\x03\x01\x40\x00", 5) + std::string(16'384, '\0');
      record[5] = 1;
      record[6] = 0x01;  // a hello of 64 KiB and more
      for (int i = 0; i < 1'000; ++i)
        if (!client->write(chain_of(record), host.clock().deadline_in(seconds(5)))) return;
    });
    EXPECT_FALSE(tls.handshake(host.clock().deadline_in(seconds(10))));
    tls.abort();
    client->abort();
    flood.join();
  });
}

TEST(TlsConnection, EveryBytesOwnPieceMakesTheSameHandshake) {
  with_ends([&](Host& host, std::unique_ptr<Connection> client, std::unique_ptr<Connection> server) {
    // Between the ends sits one that passes on byte after byte.
    auto listener = host.network().listen({"127.0.0.1", 0}).value();
    std::unique_ptr<Connection> inside;
    FiberGroup fibers;
    fibers.spawn("accept", [&] { inside = listener->accept().value(); });
    auto outside = host.network().connect(listener->local(), host.clock().deadline_in(seconds(5))).value();
    fibers.join();
    auto pass_on = [](Connection& from, Connection& to) {
      char byte = 0;
      for (;;) {
        auto got = from.read({&byte, 1});
        if (!got || *got == 0) return;
        if (!to.write(chain_of(std::string(1, byte)))) return;
      }
    };
    fibers.spawn("there", [&] { pass_on(*server, *outside); });
    fibers.spawn("back", [&] { pass_on(*outside, *server); });
    auto ends =
        shake_hands(host, std::move(client), std::move(inside), context(host, client_settings(), TlsEnd::client),
                    context(host, server_settings(), TlsEnd::server));
    EXPECT_TRUE(ends.client_through);
    EXPECT_TRUE(ends.server_through);
    fibers.cancel();
    fibers.join();
  });
}

// The bytes on the wire of a whole exchange.
std::string exchange(std::uint64_t seed) {
  std::string wire;
  with_tls(
      [] {
        auto settings = with_certificate(client_settings(), client_certificate, client_key);
        settings.resumes = false;
        return settings;
      }(),
      [] {
        auto settings = mutual(server_settings());
        settings.resumes = false;
        return settings;
      }(),
      [&](Host& host, TlsEnds& ends) {
        EXPECT_TRUE(ends.client_through && ends.server_through);
        EXPECT_TRUE(ends.client->write(chain_of("secret"), Deadline::never()));
        char text[10];
        EXPECT_EQ(ends.server->read(text, Deadline::never()).value(), 6u);
        wire = ends.client->finished() + std::to_string(host.clock().now().ns);
      },
      "broker.example", seed);
  return wire;
}

TEST(TlsConnection, TheSeedDecidesAllThatIsRandom) {
  auto one = exchange(1);
  EXPECT_FALSE(one.empty());
  EXPECT_EQ(exchange(1), one);
  EXPECT_NE(exchange(2), one);
}

}  // namespace
}  // namespace fulmar
