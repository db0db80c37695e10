// The webcam at an enrolment: the picture says what to do, and only the one that is taken goes into the form.
"use strict";

document.addEventListener("alpine:init", () => {
  Alpine.data("webcam", () => ({
    on: false,
    taken: false,
    good: false,
    say: "",
    stream: null,
    waiting: 0,

    async start() {
      if (!navigator.mediaDevices) {
        this.say = "This browser gives no camera to this page: it needs HTTPS, or this machine itself. Choose a file.";
        return;
      }
      try {
        this.stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480, facingMode: "user" } });
      } catch (error) {
        this.say = "The camera was not opened: " + error.message + " Choose a file instead.";
        return;
      }
      this.on = true;
      this.taken = false;
      this.$refs.video.srcObject = this.stream;
      await this.$refs.video.play();
      this.look();
    },

    stop() {
      clearTimeout(this.waiting);
      if (this.stream) this.stream.getTracks().forEach((track) => track.stop());
      this.stream = null;
      this.on = false;
      this.frame(null);
    },

    destroy() { this.stop(); },

    picture() {
      const { video } = this.$refs;
      const canvas = document.createElement("canvas");
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      canvas.getContext("2d").drawImage(video, 0, 0);
      return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
    },

    async look() {
      if (!this.on) return;
      const form = new FormData();
      form.append("portrait", "");
      form.append("picture", await this.picture(), "look.jpg");
      try {
        const reply = await fetch("/face-hint", { method: "POST", body: form, headers: { "hx-request": "true" } });
        if (!this.on) return;
        if (reply.ok) {
          const told = await reply.json();
          this.say = told.say;
          this.good = told.good;
          this.frame(told.box);
        } else {
          this.say = "The picture could not be judged just now.";
        }
      } catch {
        this.say = "The panel does not answer just now.";
      }
      this.waiting = setTimeout(() => this.look(), 400);
    },

    // Drawn on a canvas over the video: a page of ours has no style of its own in its elements.
    frame(box) {
      const { over, video } = this.$refs;
      over.width = video.videoWidth || 640;
      over.height = video.videoHeight || 480;
      const pen = over.getContext("2d");
      pen.clearRect(0, 0, over.width, over.height);
      if (!box) return;
      const [left, top, right, bottom] = box;
      pen.lineWidth = 4;
      pen.strokeStyle = this.good ? "#3fbf73" : "#e6b93c";
      pen.strokeRect(left * over.width, top * over.height, (right - left) * over.width, (bottom - top) * over.height);
    },

    async take() {
      const file = new File([await this.picture()], "webcam.jpg", { type: "image/jpeg" });
      const chosen = new DataTransfer();
      chosen.items.add(file);
      const field = this.$root.closest("form").querySelector('input[type="file"]');
      field.files = chosen.files;
      field.dispatchEvent(new Event("change", { bubbles: true }));
      this.stop();
      this.taken = true;
      this.say = "Taken. It goes with the form, and is forgotten after the template is made.";
    },
  }));
});
