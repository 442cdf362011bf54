// SPDX-License-Identifier: MIT OR GPL-2.0
/*
 * A camera at /dev/video0 that shows whatever picture it is given, and that can be unplugged while somebody looks.
 *
 * Under /sys/kernel/debug/kiosk_camera:
 *   picture         what is in front of it: width * height pixels as YUYV, two bytes each
 *   width, height   the only size it gives; taken by the next program that sets a format
 *   fps             how many pictures a second
 *   stalled         1: no picture comes any more
 *   frozen          1: every picture is the same, without the noise of a sensor
 *   unplugged       1: the device goes away as that of a pulled plug does; 0: it is plugged in again
 */
#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/version.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include <media/v4l2-dev.h>
#include <media/v4l2-device.h>
#include <media/v4l2-event.h>
#include <media/v4l2-ioctl.h>
#include <media/videobuf2-v4l2.h>
#include <media/videobuf2-vmalloc.h>

#define NAME "kiosk_camera"
#define MOST_WIDTH 1920
#define MOST_HEIGHT 1080
#define PICTURE_BYTES (MOST_WIDTH * MOST_HEIGHT * 2)
#define NOISE_STEP 62	/* every so many bytes one luma value is one brighter or darker */

struct camera {
	struct v4l2_device device;
	struct video_device video;
	struct vb2_queue queue;
	struct mutex lock;		/* of ioctls and of the queue */
	spinlock_t waiting_lock;
	struct list_head waiting;	/* buffers to be filled */
	struct delayed_work shutter;
	struct v4l2_pix_format format;
	u32 sequence;
};

struct buffer {
	struct vb2_v4l2_buffer vb;
	struct list_head list;
};

static u8 *picture;
static DEFINE_MUTEX(picture_lock);
static DEFINE_MUTEX(plug_lock);
static struct camera *plugged;
static u32 width = 640, height = 480, fps = 15, stalled, is_frozen;

static void fill_format(struct v4l2_pix_format *format)
{
	memset(format, 0, sizeof(*format));
	format->width = clamp_t(u32, width, 16, MOST_WIDTH) & ~1;
	format->height = clamp_t(u32, height, 16, MOST_HEIGHT);
	format->pixelformat = V4L2_PIX_FMT_YUYV;
	format->field = V4L2_FIELD_NONE;
	format->bytesperline = format->width * 2;
	format->sizeimage = format->bytesperline * format->height;
	format->colorspace = V4L2_COLORSPACE_SRGB;
}

/* --- Pictures --- */

static struct buffer *next_buffer(struct camera *camera)
{
	struct buffer *buffer;
	unsigned long flags;

	spin_lock_irqsave(&camera->waiting_lock, flags);
	buffer = list_first_entry_or_null(&camera->waiting, struct buffer, list);
	if (buffer)
		list_del(&buffer->list);
	spin_unlock_irqrestore(&camera->waiting_lock, flags);
	return buffer;
}

static void take_picture(struct camera *camera, struct buffer *buffer)
{
	u8 *pixels = vb2_plane_vaddr(&buffer->vb.vb2_buf, 0);
	u32 bytes = camera->format.sizeimage, at;

	mutex_lock(&picture_lock);
	memcpy(pixels, picture, bytes);
	mutex_unlock(&picture_lock);
	if (!is_frozen)
		for (at = camera->sequence * 2 % NOISE_STEP; at < bytes; at += NOISE_STEP)
			pixels[at] ^= 1;
	vb2_set_plane_payload(&buffer->vb.vb2_buf, 0, bytes);
	buffer->vb.vb2_buf.timestamp = ktime_get_ns();
	buffer->vb.sequence = camera->sequence;
	buffer->vb.field = V4L2_FIELD_NONE;
	vb2_buffer_done(&buffer->vb.vb2_buf, VB2_BUF_STATE_DONE);
}

static unsigned long between_pictures(void)
{
	return msecs_to_jiffies(1000 / clamp_t(u32, fps, 1, 60));
}

static void shutter(struct work_struct *work)
{
	struct camera *camera = container_of(to_delayed_work(work), struct camera, shutter);
	struct buffer *buffer = stalled ? NULL : next_buffer(camera);

	camera->sequence++;
	if (buffer)
		take_picture(camera, buffer);
	schedule_delayed_work(&camera->shutter, between_pictures());
}

static int queue_setup(struct vb2_queue *queue, unsigned int *buffers, unsigned int *planes, unsigned int sizes[],
		       struct device *unused[])
{
	struct camera *camera = vb2_get_drv_priv(queue);

	*planes = 1;
	sizes[0] = camera->format.sizeimage;
	return 0;
}

static int buffer_prepare(struct vb2_buffer *vb)
{
	struct camera *camera = vb2_get_drv_priv(vb->vb2_queue);

	return vb2_plane_size(vb, 0) < camera->format.sizeimage ? -EINVAL : 0;
}

static void buffer_queue(struct vb2_buffer *vb)
{
	struct camera *camera = vb2_get_drv_priv(vb->vb2_queue);
	struct buffer *buffer = container_of(to_vb2_v4l2_buffer(vb), struct buffer, vb);
	unsigned long flags;

	spin_lock_irqsave(&camera->waiting_lock, flags);
	list_add_tail(&buffer->list, &camera->waiting);
	spin_unlock_irqrestore(&camera->waiting_lock, flags);
}

static int start_streaming(struct vb2_queue *queue, unsigned int count)
{
	struct camera *camera = vb2_get_drv_priv(queue);

	camera->sequence = 0;
	schedule_delayed_work(&camera->shutter, between_pictures());
	return 0;
}

static void stop_streaming(struct vb2_queue *queue)
{
	struct camera *camera = vb2_get_drv_priv(queue);
	struct buffer *buffer;

	cancel_delayed_work_sync(&camera->shutter);
	while ((buffer = next_buffer(camera)))
		vb2_buffer_done(&buffer->vb.vb2_buf, VB2_BUF_STATE_ERROR);
}

static const struct vb2_ops queue_ops = {
	.queue_setup = queue_setup,
	.buf_prepare = buffer_prepare,
	.buf_queue = buffer_queue,
	.start_streaming = start_streaming,
	.stop_streaming = stop_streaming,
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
	.wait_prepare = vb2_ops_wait_prepare,
	.wait_finish = vb2_ops_wait_finish,
#endif
};

/* --- What programs ask --- */

static int query_capabilities(struct file *file, void *unused, struct v4l2_capability *capability)
{
	strscpy(capability->driver, NAME, sizeof(capability->driver));
	strscpy(capability->card, "Camera of the tests", sizeof(capability->card));
	strscpy(capability->bus_info, "platform:" NAME, sizeof(capability->bus_info));
	return 0;
}

static int enumerate_formats(struct file *file, void *unused, struct v4l2_fmtdesc *description)
{
	if (description->index)
		return -EINVAL;
	description->pixelformat = V4L2_PIX_FMT_YUYV;
	return 0;
}

static int get_format(struct file *file, void *unused, struct v4l2_format *format)
{
	struct camera *camera = video_drvdata(file);

	format->fmt.pix = camera->format;
	return 0;
}

static int try_format(struct file *file, void *unused, struct v4l2_format *format)
{
	fill_format(&format->fmt.pix);
	return 0;
}

static int set_format(struct file *file, void *unused, struct v4l2_format *format)
{
	struct camera *camera = video_drvdata(file);

	if (vb2_is_busy(&camera->queue))
		return -EBUSY;
	fill_format(&camera->format);
	format->fmt.pix = camera->format;
	return 0;
}

static int parameters(struct file *file, void *unused, struct v4l2_streamparm *parameters)
{
	memset(&parameters->parm, 0, sizeof(parameters->parm));
	parameters->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
	parameters->parm.capture.timeperframe.numerator = 1;
	parameters->parm.capture.timeperframe.denominator = fps;
	parameters->parm.capture.readbuffers = 2;
	return 0;
}

static int enumerate_inputs(struct file *file, void *unused, struct v4l2_input *input)
{
	if (input->index)
		return -EINVAL;
	input->type = V4L2_INPUT_TYPE_CAMERA;
	strscpy(input->name, "lens", sizeof(input->name));
	return 0;
}

static int get_input(struct file *file, void *unused, unsigned int *input)
{
	*input = 0;
	return 0;
}

static int set_input(struct file *file, void *unused, unsigned int input)
{
	return input ? -EINVAL : 0;
}

static const struct v4l2_ioctl_ops ioctl_ops = {
	.vidioc_querycap = query_capabilities,
	.vidioc_enum_fmt_vid_cap = enumerate_formats,
	.vidioc_g_fmt_vid_cap = get_format,
	.vidioc_s_fmt_vid_cap = set_format,
	.vidioc_try_fmt_vid_cap = try_format,
	.vidioc_g_parm = parameters,
	.vidioc_s_parm = parameters,
	.vidioc_enum_input = enumerate_inputs,
	.vidioc_g_input = get_input,
	.vidioc_s_input = set_input,
	.vidioc_reqbufs = vb2_ioctl_reqbufs,
	.vidioc_querybuf = vb2_ioctl_querybuf,
	.vidioc_qbuf = vb2_ioctl_qbuf,
	.vidioc_dqbuf = vb2_ioctl_dqbuf,
	.vidioc_streamon = vb2_ioctl_streamon,
	.vidioc_streamoff = vb2_ioctl_streamoff,
};

static const struct v4l2_file_operations file_ops = {
	.owner = THIS_MODULE,
	.open = v4l2_fh_open,
	.release = vb2_fop_release,
	.poll = vb2_fop_poll,
	.mmap = vb2_fop_mmap,
	.unlocked_ioctl = video_ioctl2,
};

/* --- The plug --- */

static void camera_gone(struct v4l2_device *device)
{
	struct camera *camera = container_of(device, struct camera, device);

	v4l2_device_unregister(device);
	kfree(camera);
}

static int queue_begin(struct camera *camera)
{
	camera->queue.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	camera->queue.io_modes = VB2_MMAP;
	camera->queue.drv_priv = camera;
	camera->queue.buf_struct_size = sizeof(struct buffer);
	camera->queue.ops = &queue_ops;
	camera->queue.mem_ops = &vb2_vmalloc_memops;
	camera->queue.timestamp_flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
	camera->queue.lock = &camera->lock;
	return vb2_queue_init(&camera->queue);
}

static int plug_in(void)
{
	struct camera *camera = kzalloc(sizeof(*camera), GFP_KERNEL);
	int error;

	if (!camera)
		return -ENOMEM;
	mutex_init(&camera->lock);
	spin_lock_init(&camera->waiting_lock);
	INIT_LIST_HEAD(&camera->waiting);
	INIT_DELAYED_WORK(&camera->shutter, shutter);
	fill_format(&camera->format);
	strscpy(camera->device.name, NAME, sizeof(camera->device.name));
	error = v4l2_device_register(NULL, &camera->device);
	if (error) {
		kfree(camera);
		return error;
	}
	camera->device.release = camera_gone;
	error = queue_begin(camera);
	if (error)
		goto give_up;
	strscpy(camera->video.name, NAME, sizeof(camera->video.name));
	camera->video.device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
	camera->video.fops = &file_ops;
	camera->video.ioctl_ops = &ioctl_ops;
	camera->video.lock = &camera->lock;
	camera->video.queue = &camera->queue;
	camera->video.v4l2_dev = &camera->device;
	camera->video.release = video_device_release_empty;
	video_set_drvdata(&camera->video, camera);
	error = video_register_device(&camera->video, VFL_TYPE_VIDEO, 0);
	if (error)
		goto give_up;
	plugged = camera;
	return 0;

give_up:
	v4l2_device_put(&camera->device);
	return error;
}

static void unplug(void)
{
	struct camera *camera = plugged;

	plugged = NULL;
	video_unregister_device(&camera->video);
	vb2_queue_error(&camera->queue);	/* wakes whoever waits for a picture */
	v4l2_device_put(&camera->device);
}

static int unplugged_get(void *unused, u64 *value)
{
	*value = !plugged;
	return 0;
}

static int unplugged_set(void *unused, u64 value)
{
	int error = 0;

	mutex_lock(&plug_lock);
	if (value && plugged)
		unplug();
	else if (!value && !plugged)
		error = plug_in();
	mutex_unlock(&plug_lock);
	return error;
}
DEFINE_DEBUGFS_ATTRIBUTE(unplugged_file, unplugged_get, unplugged_set, "%llu\n");

static ssize_t picture_write(struct file *file, const char __user *user, size_t count, loff_t *at)
{
	ssize_t written;

	mutex_lock(&picture_lock);
	written = simple_write_to_buffer(picture, PICTURE_BYTES, at, user, count);
	mutex_unlock(&picture_lock);
	return written;
}

static const struct file_operations picture_file = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = picture_write,
	.llseek = default_llseek,
};

static struct dentry *folder;

static int __init camera_init(void)
{
	int error;

	picture = vmalloc(PICTURE_BYTES);
	if (!picture)
		return -ENOMEM;
	memset(picture, 0x80, PICTURE_BYTES);	/* grey */
	error = plug_in();
	if (error) {
		vfree(picture);
		return error;
	}
	folder = debugfs_create_dir(NAME, NULL);
	debugfs_create_file("picture", 0200, folder, NULL, &picture_file);
	debugfs_create_file_unsafe("unplugged", 0600, folder, NULL, &unplugged_file);
	debugfs_create_u32("width", 0600, folder, &width);
	debugfs_create_u32("height", 0600, folder, &height);
	debugfs_create_u32("fps", 0600, folder, &fps);
	debugfs_create_u32("stalled", 0600, folder, &stalled);
	debugfs_create_u32("frozen", 0600, folder, &is_frozen);
	return 0;
}

static void __exit camera_exit(void)
{
	debugfs_remove(folder);
	if (plugged)
		unplug();
	vfree(picture);
}

module_init(camera_init);
module_exit(camera_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("A camera for tests that can be unplugged");
