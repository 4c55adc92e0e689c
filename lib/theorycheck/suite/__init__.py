"""Run, sweep, accept, report and publish notebooks: papermill and Sphinx behind one command line."""
