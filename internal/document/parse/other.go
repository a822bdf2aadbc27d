package parse

import "archive/zip"

const maxParts = 1000

func mainPart(*zip.Reader) string { return "" }
func (f *file) readDOCX() error     { return nil }
func (f *file) readRTF() error      { return nil }
func (f *file) readEML() error      { return nil }
func (f *file) readHTML() error     { return nil }
func (f *file) readCSV() error      { return nil }
