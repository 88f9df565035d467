// gRPC over TLS: who gets in, who is told apart, and certificates that change under way.
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>

#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "service/grpc/credentials.h"
#include "service/grpc/peer.h"
#include "tests/service/certificates.h"
#include "tests/service/support.h"
#include "tests/service/tls_client.h"
#include "tiermark/v1/scoring_service.grpc.pb.h"

namespace tiermark {
namespace {

// A channel with a connection of its own. `certificate` may be null.
std::shared_ptr<grpc::Channel> ConnectByTls(const std::string& address, const std::string& root,
                                            const IssuedCertificate* certificate = nullptr) {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = root;
  if (certificate != nullptr) {
    options.pem_cert_chain = certificate->certificate;
    options.pem_private_key = certificate->key;
  }
  grpc::ChannelArguments arguments;
  arguments.SetInt("grpc.use_local_subchannel_pool", 1);
  arguments.SetSslTargetNameOverride("localhost");
  return grpc::CreateCustomChannel(address, grpc::SslCredentials(options), arguments);
}

grpc::Status CallBy(const std::shared_ptr<grpc::Channel>& channel) {
  const auto stub = v1::ScoringService::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  v1::ListSegmentPlaybooksResponse response;
  return stub->ListSegmentPlaybooks(&context, v1::ListSegmentPlaybooksRequest(), &response);
}

class GrpcTls : public testing::Test {
 protected:
  GrpcTls() {
    options_.certificate_file = directory_.File("cert.pem");
    options_.key_file = directory_.File("key.pem");
    options_.check_interval = absl::ZeroDuration();
    Issue(authority_);
  }
  ~GrpcTls() override {
    if (server_ != nullptr) server_->Drain(absl::Seconds(5));
  }

  // Gives the server a certificate of that authority.
  void Issue(const CertificateAuthority& authority) {
    const IssuedCertificate issued = authority.IssueForServer();
    WriteText(options_.certificate_file, issued.certificate);
    WriteText(options_.key_file, issued.key);
  }

  void AskForCertificates(bool require) {
    options_.client_ca_file = directory_.File("ca.pem");
    options_.require_client_certificate = require;
    WriteText(options_.client_ca_file, clients_.root());
  }

  void Load() {
    auto files = TlsFiles::Load(options_);
    ASSERT_OK(files);
    files_ = *std::move(files);
  }

  // Serves the real service.
  void Serve() {
    Load();
    GrpcServerOptions options;
    options.listen = "127.0.0.1:0";
    options.tls = files_.get();
    auto server = GrpcServer::Start(options, service_.pipeline());
    ASSERT_OK(server);
    server_ = *std::move(server);
  }

  std::shared_ptr<grpc::Channel> Connect(const IssuedCertificate* certificate = nullptr) {
    return ConnectByTls(server_->address(), authority_.root(), certificate);
  }

  // Whether a client of our own gets through its handshake and is not cut off after it.
  bool Shakes(const TlsClientOptions& options) {
    const int socket = ConnectTo(server_->address());
    const SslPtr client = MakeTlsClient(options);
    SSL_set_fd(client.get(), socket);
    const bool done = SSL_connect(client.get()) == 1;
    TakeOpenSslCause();
    ::close(socket);
    return done;
  }

  const TemporaryDirectory directory_;
  const CertificateAuthority authority_{"authority"};
  const CertificateAuthority clients_{"clients"};
  TlsOptions options_;
  TestService service_;
  std::unique_ptr<TlsFiles> files_;
  std::unique_ptr<GrpcServer> server_;
};

TEST_F(GrpcTls, CallersAreServed_IfTheyTrustTheServer) {
  Serve();
  EXPECT_OK(FromGrpc(CallBy(Connect())));
  const auto distrustful = ConnectByTls(server_->address(), clients_.root());
  EXPECT_EQ(CallBy(distrustful).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(GrpcTls, Plaintext_IsRefused) {
  Serve();
  const auto channel = grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials());
  EXPECT_EQ(CallBy(channel).error_code(), grpc::StatusCode::UNAVAILABLE);
  const int socket = ConnectTo(server_->address());
  constexpr char kPreface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  ASSERT_EQ(::send(socket, kPreface, sizeof(kPreface) - 1, 0), sizeof(kPreface) - 1);
  EXPECT_TRUE(ClosedByPeer(socket, 10'000));
  ::close(socket);
}

TEST_F(GrpcTls, OldVersions_AreRefused_AlsoAfterAChange) {
  Serve();
  for (int round = 0; round < 2; ++round) {
    TlsClientOptions client;
    client.protocols = "\x02h2";
    EXPECT_TRUE(Shakes(client));
    client.version_max = TLS1_2_VERSION;
    EXPECT_TRUE(Shakes(client));
    client.version_min = TLS1_VERSION;
    client.version_max = TLS1_1_VERSION;
    EXPECT_FALSE(Shakes(client));
    Issue(authority_);
    EXPECT_EQ(files_->Check(), true);
  }
}

TEST_F(GrpcTls, ANewCertificate_IsShownToNewConnections_OldOnesGoOn) {
  Serve();
  const auto old_connection = Connect();
  EXPECT_OK(FromGrpc(CallBy(old_connection)));
  const CertificateAuthority successor("successor");
  Issue(successor);
  EXPECT_OK(FromGrpc(CallBy(Connect()))) << "not looked at yet";
  ASSERT_TRUE(files_->Check());
  EXPECT_OK(FromGrpc(CallBy(old_connection)));
  EXPECT_EQ(CallBy(Connect()).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_OK(FromGrpc(CallBy(ConnectByTls(server_->address(), successor.root()))));
}

TEST_F(GrpcTls, HalfOfANewPair_ChangesNothing) {
  Serve();
  WriteText(options_.key_file, authority_.IssueForServer().key);
  EXPECT_FALSE(files_->Check());
  EXPECT_OK(FromGrpc(CallBy(Connect())));
}

TEST_F(GrpcTls, ARequiredCertificate_IsRequired_AndVerified) {
  AskForCertificates(true);
  Serve();
  CertificateText text;
  text.common_name = "crm";
  const IssuedCertificate known = clients_.Issue(text);
  const IssuedCertificate unknown = authority_.Issue(text);
  EXPECT_OK(FromGrpc(CallBy(Connect(&known))));
  EXPECT_EQ(CallBy(Connect()).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(CallBy(Connect(&unknown)).error_code(), grpc::StatusCode::UNAVAILABLE);
  // The roots change.
  WriteText(options_.client_ca_file, authority_.root());
  ASSERT_TRUE(files_->Check());
  EXPECT_EQ(CallBy(Connect(&known)).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_OK(FromGrpc(CallBy(Connect(&unknown))));
}

TEST_F(GrpcTls, AnOptionalCertificate_MayBeLeftOut_ButNotBeOfAStranger) {
  AskForCertificates(false);
  Serve();
  CertificateText text;
  text.common_name = "crm";
  const IssuedCertificate known = clients_.Issue(text);
  const IssuedCertificate unknown = authority_.Issue(text);
  EXPECT_OK(FromGrpc(CallBy(Connect())));
  EXPECT_OK(FromGrpc(CallBy(Connect(&known))));
  EXPECT_EQ(CallBy(Connect(&unknown)).error_code(), grpc::StatusCode::UNAVAILABLE);
}

// Answers every call with the names in its caller's certificate.
class NamesService final : public grpc::CallbackGenericService {
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    class Reactor final : public grpc::ServerGenericBidiReactor {
     public:
      void OnDone() override { delete this; }
    };
    auto* const reactor = new Reactor;
    reactor->Finish(
        grpc::Status(grpc::StatusCode::CANCELLED, absl::StrJoin(CertificateNames(*context), ",")));
    return reactor;
  }
};

class GrpcNames : public GrpcTls {
 protected:
  void ServeNames(std::shared_ptr<grpc::ServerCredentials> credentials) {
    credentials_ = std::move(credentials);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", credentials_, &port);
    builder.RegisterCallbackGenericService(&names_);
    names_server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
  }
  ~GrpcNames() override {
    if (names_server_ != nullptr) names_server_->Shutdown();
  }

  std::string NamesOver(const std::shared_ptr<grpc::Channel>& channel) {
    const grpc::Status status = CallBy(channel);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::CANCELLED) << status.error_message();
    return status.error_message();
  }
  std::string NamesOf(const CertificateText& text) {
    const IssuedCertificate issued = clients_.Issue(text);
    return NamesOver(ConnectByTls(address_, authority_.root(), &issued));
  }

  std::shared_ptr<grpc::ServerCredentials> credentials_;
  NamesService names_;
  std::unique_ptr<grpc::Server> names_server_;
  std::string address_;
};

TEST_F(GrpcNames, AreThoseThatTheCertificateHas) {
  AskForCertificates(false);
  Load();
  ServeNames(MakeServerCredentials(*files_));
  CertificateText text;
  text.common_name = "común";
  EXPECT_EQ(NamesOf(text), "común");
  text.emails = {"who@example"};
  EXPECT_EQ(NamesOf(text), "");
  text.dns_names = {"b.example", std::string("crm.example\0.evil", 17), "a.example"};
  text.uris = {"spiffe://example/crm"};
  EXPECT_EQ(NamesOf(text), "b.example,a.example,spiffe://example/crm");
  EXPECT_EQ(NamesOver(ConnectByTls(address_, authority_.root())), "") << "none was shown";
  text = {};
  text.common_name = std::string("crm\0.evil", 9);
  EXPECT_EQ(NamesOf(text), "");
}

TEST_F(GrpcNames, AreNone_WithoutTls) {
  ServeNames(grpc::InsecureServerCredentials());
  EXPECT_EQ(NamesOver(grpc::CreateChannel(address_, grpc::InsecureChannelCredentials())), "");
}

}  // namespace
}  // namespace tiermark
