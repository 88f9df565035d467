// Package tiermark is a thin wrapper of the generated clients: deadlines, repetitions, lists as
// iterators, and errors that say why. What the server serves decides, so new RPCs need no code.
package tiermark

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/tiermark/tiermark-go/tiermarkpb"
)

// Options of a client, whose zero values stand for what each says.
type Options struct {
	Target      string        // HOST:PORT; 127.0.0.1:50051.
	Deadline    time.Duration // Of a call together with its repetitions, unless its context has one; 10 s.
	AttemptsMax int           // How often a call is made; 5.
	Key         string        // An API key; the environment variable TIERMARK_KEY, if it is set.
	TLS         bool          // Each of the files implies it, and so does a Target on another machine.
	Plaintext   bool          // No TLS to other machines: all can be read on its way, the key too.
	CAFile      string        // PEM: roots to trust instead of the usual ones.
	// PEM: what shows who calls.
	CertificateFile, CertificateKeyFile string
	DialOptions                         []grpc.DialOption
}

// Client has the methods of all services. It may be shared by goroutines.
type Client struct {
	tiermarkpb.ScoringServiceClient
	tiermarkpb.AccountServiceClient
	tiermarkpb.AdminServiceClient
	tiermarkpb.ModelServiceClient
	*grpc.ClientConn
}

// New makes a client, which connects with its first call.
func New(options Options) (*Client, error) {
	if options.Target == "" {
		options.Target = "127.0.0.1:50051"
	}
	transport, err := options.credentials()
	if err != nil {
		return nil, err
	}
	if options.Deadline == 0 {
		options.Deadline = 10 * time.Second
	}
	if options.AttemptsMax == 0 {
		options.AttemptsMax = 5
	}
	if options.Key == "" {
		options.Key = os.Getenv("TIERMARK_KEY")
	}
	reconnect := backoff.DefaultConfig
	reconnect.BaseDelay = backoffFirst
	dial := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithPerRPCCredentials(bearer(strings.TrimSpace(options.Key))),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: reconnect, MinConnectTimeout: 20 * time.Second}),
		grpc.WithChainUnaryInterceptor(options.repeat),
		grpc.WithChainStreamInterceptor(withOwnErrors),
	}
	conn, err := grpc.NewClient(options.Target, append(dial, options.DialOptions...)...)
	if err != nil {
		return nil, err
	}
	return &Client{tiermarkpb.NewScoringServiceClient(conn), tiermarkpb.NewAccountServiceClient(conn),
		tiermarkpb.NewAdminServiceClient(conn), tiermarkpb.NewModelServiceClient(conn), conn}, nil
}

func (o *Options) credentials() (credentials.TransportCredentials, error) {
	asked := o.TLS || o.CAFile != "" || o.CertificateFile != "" || o.CertificateKeyFile != ""
	if !asked && (o.Plaintext || onThisMachine(o.Target)) {
		return insecure.NewCredentials(), nil
	}
	config := &tls.Config{}
	if o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s: has no certificates", o.CAFile)
		}
	}
	if o.CertificateFile != "" || o.CertificateKeyFile != "" {
		pair, err := tls.LoadX509KeyPair(o.CertificateFile, o.CertificateKeyFile)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return credentials.NewTLS(config), nil
}

func onThisMachine(target string) bool {
	host, _, err := net.SplitHostPort(target)
	return strings.HasPrefix(target, "unix:") ||
		err == nil && (host == "localhost" || net.ParseIP(host).IsLoopback())
}

type bearer string

func (key bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	if key == "" {
		return nil, nil
	}
	return map[string]string{"authorization": "Bearer " + string(key)}, nil
}

// RequireTransportSecurity would keep keys from servers on one's own machine.
func (bearer) RequireTransportSecurity() bool { return false }
