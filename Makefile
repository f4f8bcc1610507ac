# Paths are relative throughout: make cannot handle a checkout whose own path has spaces otherwise.
PYTHON_OF_BOOK := .venv/bin/python

# What programs otherwise leave in the home directory; a setting of your own is left alone.
export JUPYTER_CONFIG_DIR ?= $(CURDIR)/cache/home/jupyter/config
export JUPYTER_DATA_DIR ?= $(CURDIR)/cache/home/jupyter/data
export JUPYTER_RUNTIME_DIR ?= $(CURDIR)/cache/home/jupyter/runtime
export IPYTHONDIR ?= $(CURDIR)/cache/home/ipython
export MPLCONFIGDIR ?= $(CURDIR)/cache/home/matplotlib

.PHONY: book test lab chapter assess plan parameters r dask tracking h5ad lint clean uninstall set-up help

help:
	@echo 'make book      set up, execute the chapters, render; prints where the pages are'
	@echo 'make book R=1  the same, with R, limma and the genuine data sets of R, which apt installs where it may'
	@echo 'make test      set up, lint, run the tests; apt installs Chromium for them where it may'
	@echo 'make lab       open the chapters in JupyterLab'
	@echo 'make chapter NAME=20_gtex PARAMS=my.yaml     one chapter with your parameters, as an extra page'
	@echo 'make assess DATA=data.h5ad LABEL=tissue GROUP=donor     is there non-linear signal in your data? an extra page'
	@echo 'make plan      fits and expected hours at the size of the paper; PROFILE=overnight CORES=8, or NAME=20_gtex PARAMS=my.yaml'
	@echo 'make parameters   make the tables of params/README.md anew'
	@echo 'make r         R, limma and genuine data sets, by apt; make dask, make tracking and make h5ad: what such runs need'
	@echo 'make lint      ruff only'
	@echo 'make clean     remove executed chapters and rendered pages; your runs (book/runs), results and .venv stay'
	@echo 'make uninstall remove all that was made here; with results among it only if YES=1'

book: set-up
	@$(PYTHON_OF_BOOK) -m linear_signal.book book

# NAME and PARAMS reach the program through the environment, unexpanded: a path may hold spaces, quotes and dollars.
chapter: export CHAPTER_NAME = $(value NAME)
chapter: export CHAPTER_PARAMS = $(value PARAMS)
chapter: set-up
	@$(PYTHON_OF_BOOK) -m linear_signal.book chapter --name "$$CHAPTER_NAME" --parameters "$$CHAPTER_PARAMS"

# GROUP may name several columns, with commas between them; LABELS a table where labels are not beside the genes.
assess: export ASSESS_DATA = $(value DATA)
assess: export ASSESS_LABELS = $(value LABELS)
assess: export ASSESS_LABEL = $(value LABEL)
assess: export ASSESS_GROUP = $(value GROUP)
assess: export ASSESS_MINUTES = $(value MINUTES)
assess: set-up
	@$(PYTHON_OF_BOOK) -m linear_signal.book assess --data "$$ASSESS_DATA" --labels "$$ASSESS_LABELS" \
	  --label "$$ASSESS_LABEL" --group "$$ASSESS_GROUP" --minutes "$$ASSESS_MINUTES"

# BANDWIDTH, in GB/s, is that of a GPU's memory: for a lower bound of its hours where none is present.
plan: export CHAPTER_NAME = $(value NAME)
plan: export CHAPTER_PARAMS = $(value PARAMS)
plan: export PLAN_PROFILE = $(value PROFILE)
plan: export PLAN_CORES = $(value CORES)
plan: export GPU_BANDWIDTH = $(value BANDWIDTH)
plan: set-up
	@$(PYTHON_OF_BOOK) -m linear_signal.book plan --name "$$CHAPTER_NAME" --parameters "$$CHAPTER_PARAMS" \
	  --profile "$$PLAN_PROFILE" --cores "$$PLAN_CORES" --bandwidth "$$GPU_BANDWIDTH"

parameters: set-up
	@$(PYTHON_OF_BOOK) -m linear_signal.book parameters

test:
	@.ci/setup test chromium
	@$(MAKE) --no-print-directory lint
	@$(PYTHON_OF_BOOK) -m pytest -n 3  # on two cores: some tests wait, for a browser, a cluster, a server

lint:
	@.ci/setup test
	@$(PYTHON_OF_BOOK) -m ruff check .
	@$(PYTHON_OF_BOOK) -m ruff format --check .

# LAB passes options on: make lab LAB='--no-browser --port 8890'. Jupyter refuses root, who is at home in containers.
lab: override LAB += $(if $(filter 0,$(shell id -u)),--allow-root)
# JupyterLab asks npm, where there is one, for helpers of editors; npm takes notes of that.
lab: export npm_config_cache = $(CURDIR)/cache/home/npm
lab: set-up
	@$(PYTHON_OF_BOOK) -m jupyterlab --LabApp.default_url=/lab/tree/notebooks $(LAB)

clean:
	rm -rf _build book/chapters book/partial
	@[ ! -d book/runs ] || echo 'Kept: book/runs, your extra runs. To remove them as well: rm -r book/runs'

# YES reaches the program through the environment.
uninstall:
	@.ci/uninstall

r dask tracking h5ad:
	@.ci/setup $@

set-up:
	@.ci/setup $(if $(filter 1,$(R)),r)
