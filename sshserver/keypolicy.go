package sshserver

import (
	"crypto/rsa"
	"errors"
	"slices"

	gossh "golang.org/x/crypto/ssh"
)

// RSA keys must have this many bits: fewer are weak, more cost us too much to verify.
const minRSABits, maxRSABits = 3072, 4096

var (
	errBadKey  = errors.New("a kind of key that is not taken")
	errWeakKey = errors.New("an RSA key of a size that is not taken")
)

// checkKey says whether a key is of a kind that may sign in, before anything is computed with it. Certificates may not:
// what an authority says about a key counts for nothing here.
func checkKey(key gossh.PublicKey) error {
	if key.Type() == gossh.KeyAlgoRSA {
		return checkRSA(key)
	}
	taken := []string{
		gossh.KeyAlgoED25519, gossh.KeyAlgoSKED25519, gossh.KeyAlgoSKECDSA256,
		gossh.KeyAlgoECDSA256, gossh.KeyAlgoECDSA384, gossh.KeyAlgoECDSA521,
	}
	if !slices.Contains(taken, key.Type()) {
		return errBadKey
	}
	return nil
}

func checkRSA(key gossh.PublicKey) error {
	holder, ok := key.(gossh.CryptoPublicKey)
	if !ok {
		return errBadKey
	}
	public, ok := holder.CryptoPublicKey().(*rsa.PublicKey)
	if !ok {
		return errBadKey
	}
	if bits := public.N.BitLen(); bits < minRSABits || bits > maxRSABits {
		return errWeakKey
	}
	return nil
}
