package main

import (
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"go.etcd.io/etcd/server/v3/embed"
)

// etcd with one member and mutual TLS. It does not sync to disk, because a rehearsal's data need not survive a crash.
func etcd() int {
	flags := flag.NewFlagSet("etcd", flag.ExitOnError)
	directory := flags.String("data-dir", "", "data directory")
	client := flags.String("listen-client-url", "", "URL for client connections")
	peer := flags.String("listen-peer-url", "", "URL for peer connections")
	authority := flags.String("trusted-ca-file", "", "CA certificate that signs client certificates")
	certificate := flags.String("cert-file", "", "server certificate")
	key := flags.String("key-file", "", "server private key")
	_ = flags.Parse(os.Args[1:])

	config, err := etcdConfig(*directory, *client, *peer)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	config.ClientTLSInfo.TrustedCAFile, config.ClientTLSInfo.CertFile, config.ClientTLSInfo.KeyFile = *authority, *certificate, *key
	config.ClientTLSInfo.ClientCertAuth = true
	config.PeerTLSInfo = config.ClientTLSInfo
	server, err := embed.StartEtcd(config)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer server.Close()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	select {
	case <-signals:
		return 0
	case err = <-server.Err():
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
}

func etcdConfig(directory, client, peer string) (*embed.Config, error) {
	config := embed.NewConfig()
	config.Dir = directory
	config.LogLevel = "warn"
	config.UnsafeNoFsync = true
	for text, urls := range map[string][]*[]url.URL{
		client: {&config.ListenClientUrls, &config.AdvertiseClientUrls},
		peer:   {&config.ListenPeerUrls, &config.AdvertisePeerUrls},
	} {
		parsed, err := url.Parse(text)
		if err != nil {
			return nil, err
		}
		for _, target := range urls {
			*target = []url.URL{*parsed}
		}
	}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	return config, nil
}
