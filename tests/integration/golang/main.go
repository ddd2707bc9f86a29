// Checks an exported log, a proof and witnesses' cosignatures with packages of other makers: nothing of spe takes part.
package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	cosignature "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(12)
	}
	return value
}

// open returns the tree that a checkpoint's signature vouches for; a checkpoint is a tree note with another first line.
func open(text []byte, vkey string) tlog.Tree {
	verifier := must(note.NewVerifier(vkey))
	opened := must(note.Open(text, note.VerifierList(verifier)))
	lines := strings.SplitN(opened.Text, "\n", 2)
	if lines[0] != verifier.Name() {
		must(0, fmt.Errorf("checkpoint of %q", lines[0]))
	}
	return must(tlog.ParseTree([]byte("go.sum database tree\n" + lines[1])))
}

// path is the C2SP place of a tile: Go's own, without the height and with "entries" for its "data".
func path(tile tlog.Tile) string {
	name := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", tile.H))
	return filepath.FromSlash("tile/" + strings.Replace(name, "data/", "entries/", 1))
}

type folder string

func (f folder) Height() int                                { return 8 }
func (f folder) SaveTiles(tiles []tlog.Tile, data [][]byte) {}
func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		read, err := os.ReadFile(filepath.Join(string(f), path(tile)))
		if err != nil {
			return nil, err
		}
		data[i] = read
	}
	return data, nil
}

func entries(f folder, size int64) (found [][]byte) {
	for n := int64(0); int64(len(found)) < size; n++ {
		width := 256
		if rest := size - n*256; rest < 256 {
			width = int(rest)
		}
		data := must(os.ReadFile(filepath.Join(string(f), path(tlog.Tile{H: 8, L: -1, N: n, W: width}))))
		for len(data) > 1 {
			length := int(data[0])<<8 | int(data[1])
			if len(data) < 2+length {
				must(0, fmt.Errorf("bundle %d is cut short", n))
			}
			found, data = append(found, data[2:2+length]), data[2+length:]
		}
	}
	return found
}

func verifyFolder(f folder, vkey string) {
	tree := open(must(os.ReadFile(filepath.Join(string(f), "checkpoint"))), vkey)
	reader := tlog.TileHashReader(tree, f)
	all := entries(f, tree.N)
	if int64(len(all)) != tree.N {
		must(0, fmt.Errorf("%d entries, not %d", len(all), tree.N))
	}
	for index, entry := range all {
		hash := must(reader.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(index))}))[0]
		if hash != tlog.RecordHash(entry) {
			must(0, fmt.Errorf("entry %d is not the one in the tree", index))
		}
	}
	for _, old := range must(filepath.Glob(filepath.Join(string(f), "checkpoints", "*"))) {
		earlier := open(must(os.ReadFile(old)), vkey)
		if earlier.N == 0 {
			continue
		}
		proof := must(tlog.ProveTree(tree.N, earlier.N, reader))
		must(0, tlog.CheckTree(proof, tree.N, tree.Hash, earlier.N, earlier.Hash))
	}
	fmt.Println(tree.N, "entries hold")
}

func verifyProof(file string, vkey string) {
	head, checkpoint, _ := strings.Cut(string(must(os.ReadFile(file))), "\n\n")
	lines := strings.Split(head, "\n")
	if len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		must(0, fmt.Errorf("no tlog-proof"))
	}
	entry := must(base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra ")))
	index := must(strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64))
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		proof = append(proof, must(tlog.ParseHash(line)))
	}
	tree := open([]byte(checkpoint), vkey)
	must(0, tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)))
	fmt.Println("entry", index, "of", tree.N, "holds")
}

// verifyCosigned wants the log's signature and the witness' cosignature on one checkpoint, and tells when it was seen.
func verifyCosigned(file string, vkey string, witness string) {
	text := must(os.ReadFile(file))
	tree := open(text, vkey)
	verifier := must(cosignature.NewVerifierForCosignatureV1(witness))
	opened := must(note.Open(text, note.VerifierList(verifier)))
	seen := must(cosignature.CoSigV1Timestamp(opened.Sigs[0]))
	fmt.Println(tree.N, "entries seen by", verifier.Name(), "at", seen.Unix())
}

func main() {
	args := os.Args[1:]
	switch {
	case len(args) == 3 && args[0] == "folder":
		verifyFolder(folder(args[1]), args[2])
	case len(args) == 3 && args[0] == "proof":
		verifyProof(args[1], args[2])
	case len(args) == 4 && args[0] == "cosigned":
		verifyCosigned(args[1], args[2], args[3])
	default:
		fmt.Fprintln(os.Stderr, "usage: check folder|proof PATH VKEY, or check cosigned FILE VKEY WITNESS")
		os.Exit(2)
	}
}
